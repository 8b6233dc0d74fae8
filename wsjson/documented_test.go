package wsjson_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

// Every exported function, method and type has an example with verified output. The
// methods of errors are documented by the examples of their types.
func TestExamplesCoverAPI(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	p, err := doc.NewFromFiles(fset, files, "github.com/handset-go/handset/wsjson")
	if err != nil {
		t.Fatal(err)
	}
	subjects := map[string][]*doc.Example{"the package": p.Examples}
	add := func(functions []*doc.Func) {
		for _, f := range functions {
			if f.Name != "Error" && f.Name != "Unwrap" {
				subjects[f.Recv+" "+f.Name] = f.Examples
			}
		}
	}
	add(p.Funcs)
	for _, of := range p.Types {
		add(of.Funcs)
		add(of.Methods)
		if of.Name != "Format" && of.Name != "Message" { // whose functions return or take them
			subjects[of.Name] = of.Examples
		}
	}
	if len(subjects) < 25 {
		t.Fatalf("found only %d subjects", len(subjects))
	}
	for subject, examples := range subjects {
		if len(examples) == 0 || examples[0].Output == "" {
			t.Errorf("there is no example with an output of %s", subject)
		}
	}
}
