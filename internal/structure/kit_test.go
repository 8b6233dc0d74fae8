package structure

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// root is the root of the repository.
const root = "../.."

// walk calls visit for each folder and file of the repository, but what tools install and
// build, which may change meanwhile. The path is from the root.
func walk(t *testing.T, visit func(path string, entry fs.DirEntry) error) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && name != root: // it has just been removed
			return nil
		case err != nil:
			return err
		case entry.IsDir() && name != root && installed(entry.Name()):
			return fs.SkipDir
		}
		path, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		return visit(filepath.ToSlash(path), entry)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func installed(dir string) bool {
	return dir == "node_modules" || dir == "target" || strings.HasPrefix(dir, ".")
}
