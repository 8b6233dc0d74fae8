package structure

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// documented are the packages for users, and their structs of options, whose fields
// the overview names as Struct.Field.
var documented = map[string][]string{
	"broker/nats":    {"Options", "JetStreamOptions"},
	"ws":             {"Upgrader", "Dialer", "Options", "Redialer"},
	"group":          {"Options"},
	"wsjson":         {"JSON"},
	"wsjson/jsonrpc": nil,
	"broker/redis":   {"Options", "HistoryOptions"},
}

// Every exported function, method and error has an example with verified output.
func TestExamplesCoverAPI(t *testing.T) {
	for dir := range documented {
		t.Run(dir, func(t *testing.T) {
			examples := make(map[string]bool)
			for _, example := range doc.Examples(parseDir(t, dir, true)...) {
				if example.Output != "" {
					examples[subject(example.Name)] = true
				}
			}
			points := entryPoints(parseDir(t, dir, false))
			if len(points) < 3 {
				t.Fatalf("found only %d exported entry points: %v", len(points), points)
			}
			for _, point := range points {
				if !examples[point] {
					t.Errorf("there is no Example%s with an Output", point)
				}
			}
		})
	}
}

// The overview of a package names every type, error and option.
func TestOverviewCoversAPI(t *testing.T) {
	for dir, options := range documented {
		t.Run(dir, func(t *testing.T) {
			files := parseDir(t, dir, false)
			var overview string
			for _, file := range files {
				overview += file.Doc.Text()
			}
			names := append(declared(files, token.TYPE), declared(files, token.VAR)...)
			for _, name := range options {
				names = append(names, optionsOf(files, name)...)
			}
			if len(names) < 3 {
				t.Fatalf("found only %v", names)
			}
			for _, name := range names {
				if !strings.Contains(overview, "["+name+"]") && !strings.Contains(overview, "[*"+name+"]") {
					t.Errorf("doc.go does not mention [%s]", name)
				}
			}
		})
	}
}

// parseDir parses the Go files of a package: the tests, or the others.
func parseDir(t *testing.T, dir string, tests bool) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") != tests {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// subject returns what an example documents: its name without the suffix that
// distinguishes it from other examples of the same subject. go doc has no examples of
// variables: those belong to the package, and their whole name is the subject.
func subject(name string) string {
	if strings.HasPrefix(name, "_") {
		return name
	}
	last := strings.LastIndex(name, "_")
	if last >= 0 && unicode.IsLower(rune(name[last+1])) {
		return name[:last]
	}
	return name
}

// entryPoints returns the subjects that need an example: functions, methods and
// errors.
func entryPoints(files []*ast.File) []string {
	var points []string
	for _, file := range files {
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && functionPoint(f) != "" {
				points = append(points, functionPoint(f))
			}
		}
	}
	for _, name := range declared(files, token.VAR) {
		points = append(points, "_e"+strings.TrimPrefix(name, "E"))
	}
	return points
}

// functionPoint returns the subject of a function or method, or "" if it is not
// exported. The methods of errors are documented by the examples of their types.
func functionPoint(f *ast.FuncDecl) string {
	if !f.Name.IsExported() {
		return ""
	}
	if f.Recv == nil {
		return f.Name.Name
	}
	of := f.Recv.List[0].Type
	if pointer, ok := of.(*ast.StarExpr); ok {
		of = pointer.X
	}
	if generic, ok := of.(*ast.IndexExpr); ok {
		of = generic.X
	}
	name := of.(*ast.Ident).Name
	switch {
	case !ast.IsExported(name):
		return ""
	case f.Name.Name == "Error", f.Name.Name == "Unwrap":
		return name
	}
	return name + "_" + f.Name.Name
}

// declared returns the exported names that files declare with the given keyword, type
// or var.
func declared(files []*ast.File, keyword token.Token) []string {
	var names []string
	for _, file := range files {
		for _, decl := range file.Decls {
			d, ok := decl.(*ast.GenDecl)
			if !ok || d.Tok != keyword {
				continue
			}
			for _, spec := range d.Specs {
				names = append(names, specNames(spec)...)
			}
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return !ast.IsExported(name) })
}

func specNames(spec ast.Spec) []string {
	var names []string
	switch s := spec.(type) {
	case *ast.TypeSpec:
		names = append(names, s.Name.Name)
	case *ast.ValueSpec:
		for _, name := range s.Names {
			names = append(names, name.Name)
		}
	}
	return names
}

// optionsOf returns the exported fields of a struct, as Struct.Field.
func optionsOf(files []*ast.File, name string) (fields []string) {
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || spec.Name.Name != name {
				return true
			}
			for _, field := range spec.Type.(*ast.StructType).Fields.List {
				for _, id := range field.Names {
					if id.IsExported() {
						fields = append(fields, name+"."+id.Name)
					}
				}
			}
			return false
		})
	}
	return fields
}
