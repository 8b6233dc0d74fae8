// Command typecheck checks that the module is valid Go on other systems, with its tests:
//
//	go run ./.ci/typecheck linux/386 windows/amd64
//
// It reads the packages and those that they import as source. To compile these, as
// `make cross` does, takes twenty times as long.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	failed := false
	for _, platform := range os.Args[1:] {
		n, err := check(platform)
		if err != nil {
			failed = true
			fmt.Fprintf(os.Stderr, "%s: %v\n", platform, err)
			continue
		}
		fmt.Printf("%s: %d packages\n", platform, n)
	}
	if failed || len(os.Args) == 1 {
		os.Exit(1)
	}
}

// A listed package is what go list prints of one.
type listed struct {
	ImportPath, Dir   string
	Standard, DepOnly bool
	GoFiles           []string
	ImportMap         map[string]string
	Module            struct{ GoVersion string }
}

// check checks the packages for a platform, such as linux/386, and returns how many of
// them are the module's.
func check(platform string) (n int, err error) {
	system, processor, ok := strings.Cut(platform, "/")
	sizes := types.SizesFor("gc", processor)
	if !ok || sizes == nil {
		return 0, errors.New("not a platform")
	}
	packages, err := list(system, processor)
	if err != nil {
		return 0, err
	}
	checked := map[string]*types.Package{"unsafe": types.Unsafe}
	for _, p := range packages { // each after those that it imports
		if p.ImportPath == "unsafe" || strings.HasSuffix(p.ImportPath, ".test") { // which go test generates
			continue
		}
		if checked[p.ImportPath], err = p.check(sizes, checked); err != nil {
			return n, err
		}
		if !p.DepOnly {
			n++
		}
	}
	if n == 0 {
		return 0, errors.New("no packages")
	}
	return n, nil
}

// list returns the packages of the module and all that these and their tests import.
func list(system, processor string) (packages []listed, err error) {
	cmd := exec.Command("go", "list", "-deps", "-test", "-json=ImportPath,Dir,Standard,DepOnly,GoFiles,ImportMap,Module", "./...")
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+processor, "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return packages, nil
		} else if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
}

// check checks a package. The bodies of functions in packages that others wrote are not
// looked at.
func (p *listed) check(sizes types.Sizes, checked map[string]*types.Package) (*types.Package, error) {
	files := token.NewFileSet()
	var syntax []*ast.File
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		syntax = append(syntax, file)
	}
	var all []error
	config := types.Config{
		Importer: importer{p, checked}, Sizes: sizes, IgnoreFuncBodies: p.DepOnly,
		Error: func(err error) { all = append(all, err) },
	}
	if v := p.Module.GoVersion; v != "" {
		config.GoVersion = "go" + v
	}
	path, _, _ := strings.Cut(p.ImportPath, " ") // such as "p [p.test]"
	result, _ := config.Check(path, files, syntax, nil)
	return result, errors.Join(all...)
}

// importer finds what a package imports among the packages that have been checked.
type importer struct {
	*listed
	checked map[string]*types.Package
}

func (i importer) Import(path string) (*types.Package, error) {
	if other, ok := i.ImportMap[path]; ok { // a vendored package, or one with its tests
		path = other
	}
	if p := i.checked[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("%s imports %s, which go list has not listed", i.ImportPath, path)
}
