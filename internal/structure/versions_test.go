package structure

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// versions finds what names a version in the files of a name, which must be exact.
var versions = map[string]struct{ names, exact *regexp.Regexp }{
	"package.json":     {regexp.MustCompile(`"[^"]+": "[^"]*\d+\.[^"]*"`), regexp.MustCompile(`: "\d+\.\d+\.\d+"$`)},
	"requirements.txt": {regexp.MustCompile(`(?m)^[^#\s].*$`), regexp.MustCompile(`^[\w.-]+==[\w.]+$`)},
	"Makefile":         {regexp.MustCompile(`\w\.\w+/\S+@\S+`), regexp.MustCompile(`@v\d+\.\d+\.\d+$`)},
}

// locks are the files beside them that make versions exact.
var locks = map[string]string{"package.json": "package-lock.json", "go.mod": "go.sum"}

// A commit is always built and tested with the same versions.
func TestVersionsAreExact(t *testing.T) {
	seen := make(map[string]int)
	walk(t, func(path string, entry fs.DirEntry) error {
		if name := entry.Name(); !entry.IsDir() {
			seen[name]++
			expectExactVersions(t, filepath.Join(root, path), name)
		}
		return nil
	})
	for _, name := range []string{"package.json", "requirements.txt", "Makefile", "go.mod", "Cargo.lock"} {
		if seen[name] == 0 {
			t.Errorf("there is no %s", name)
		}
	}
}

func expectExactVersions(t *testing.T, file, name string) {
	t.Helper()
	_, err := os.Stat(filepath.Join(filepath.Dir(file), locks[name]))
	if name == "go.mod" && err != nil {
		t.Errorf("%s: %v", file, err)
	}
	v := versions[name]
	if v.names == nil || locks[name] != "" && err == nil {
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, named := range v.names.FindAllString(string(text), -1) {
		if !v.exact.MatchString(strings.TrimSpace(named)) {
			t.Errorf("%s: %q is not an exact version", file, named)
		}
	}
}
