package structure

import (
	"bytes"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// checkedPackage is a package of the module with its types.
type checkedPackage struct {
	*types.Package
	fset  *token.FileSet
	files []*ast.File
	info  *types.Info
}

// file is the name of the file that a position is in.
func (p *checkedPackage) file(pos token.Pos) string {
	return filepath.Base(p.fset.Position(pos).Filename)
}

// wsPackage is package ws, checked once for all tests that ask for it.
var wsPackage = sync.OnceValues(func() (*checkedPackage, error) { return check("../../ws") })

// checkedWS returns package ws with its types, tests left out.
func checkedWS(t *testing.T) *checkedPackage {
	t.Helper()
	p, err := wsPackage()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// check type-checks the package in dir, as it is built for this system.
func check(dir string) (*checkedPackage, error) {
	p := &checkedPackage{fset: token.NewFileSet(), info: &types.Info{
		Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}}
	names, err := goList(dir, "-f", `{{range .GoFiles}}{{println .}}{{end}}`)
	if err != nil {
		return nil, err
	}
	for _, name := range strings.Fields(names) {
		file, err := parser.ParseFile(p.fset, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, file)
	}
	exports, err := goList(dir, "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}")
	if err != nil {
		return nil, err
	}
	config := types.Config{Importer: importer.ForCompiler(p.fset, "gc", lookup(exports))}
	p.Package, err = config.Check(module+filepath.ToSlash(strings.TrimPrefix(dir, "../../")), p.fset, p.files, p.info)
	return p, err
}

// lookup opens the export data of the packages that go list has named.
func lookup(exports string) importer.Lookup {
	files := map[string]string{}
	for line := range strings.Lines(exports) {
		if path, file, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			files[path] = file
		}
	}
	return func(path string) (io.ReadCloser, error) { return os.Open(files[path]) }
}

func goList(dir string, args ...string) (string, error) {
	cmd := exec.Command("go", append([]string{"list"}, append(args, ".")...)...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", &listError{err, stderr.String()}
	}
	return string(out), nil
}

type listError struct {
	error
	stderr string
}

func (e *listError) Error() string { return e.error.Error() + ": " + e.stderr }
