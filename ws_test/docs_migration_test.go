package ws_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// api is what a package exports: "Handle", "Conn.Read", "Upgrader.Subprotocols".
type api map[string]bool

// apiOf returns the API of the package in a folder.
func apiOf(t *testing.T, dir string) api {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := api{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			names.add(d)
		}
	}
	if len(names) == 0 {
		t.Fatalf("%s exports nothing", dir)
	}
	return names
}

// add adds what a declaration declares.
func (names api) add(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		names[receiverOf(d)+d.Name.Name] = true
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names[spec.Name.Name] = true
				names.addFields(spec)
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					names[name.Name] = true
				}
			}
		}
	}
}

func (names api) addFields(spec *ast.TypeSpec) {
	if s, ok := spec.Type.(*ast.StructType); ok {
		for _, field := range s.Fields.List {
			for _, name := range field.Names {
				names[spec.Name.Name+"."+name.Name] = true
			}
		}
	}
}

// receiverOf is the name of a method's type and a dot, "" for a function.
func receiverOf(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	of := d.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	if name, ok := of.(*ast.Ident); ok {
		return name.Name + "."
	}
	return "?."
}

// types are what the tables call a value of a type.
var types = map[string]string{
	"session": "Session", "stream": "MessageStream", "c": "Conn", "u": "Upgrader", "groups": "Groups", "m": "Melody", "s": "Session",
}

var (
	codeSpan  = regexp.MustCompile("`[^`]*`")
	selector  = regexp.MustCompile(`\b(ws|websocket|melody|group|session|stream|groups|c|u|m|s)\.(\w+)`)
	literal   = regexp.MustCompile(`\b(?:ws|websocket|melody|group)\.(\w+)\{(\w+):`)
	aggregate = regexp.MustCompile(`stream\.Aggregate\(n\)\.(\w+)`)
)

// unknown returns the names in a table's cell that are not in the API.
func (names api) unknown(cell string) (unknown []string) {
	need := func(name string) {
		if !names[name] {
			unknown = append(unknown, name)
		}
	}
	for _, code := range codeSpan.FindAllString(cell, -1) {
		for _, found := range selector.FindAllStringSubmatch(code, -1) {
			if of, ok := types[found[1]]; ok {
				need(of + "." + found[2])
			} else {
				need(found[2])
			}
		}
		for _, found := range literal.FindAllStringSubmatch(code, -1) {
			need(found[1] + "." + found[2])
		}
		for _, found := range aggregate.FindAllStringSubmatch(code, -1) {
			need("AggregatedStream." + found[1])
		}
	}
	return unknown
}

// rows returns the cells of a Markdown table whose first row begins with the
// given names.
func rows(t *testing.T, file string, names ...string) (cells [][]string) {
	t.Helper()
	_, table, ok := strings.Cut(read(t, file), "\n| "+strings.Join(names, " | ")+" |\n")
	if !ok {
		t.Fatalf("%s has no table of %v", file, names)
	}
	table, _, _ = strings.Cut(table, "\n\n")
	for _, line := range strings.Split(strings.TrimSuffix(table, "\n"), "\n")[1:] {
		row := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "|"), "|"), "|")
		if len(row) != len(names) {
			t.Errorf("%s has a row of %d cells: %s", file, len(row), line)
			continue
		}
		cells = append(cells, row)
	}
	return cells
}

// foreignAPI is a module's, if it is on this machine.
func foreignAPI(t *testing.T, from, path string) api {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", path)
	cmd.Dir = from
	cmd.Env = append(cmd.Environ(), "GOPROXY=off", "GOFLAGS=", "GOWORK=off")
	dir, err := cmd.Output()
	if err != nil {
		t.Logf("%s is not here, and its names are not looked at", path)
		return nil
	}
	return apiOf(t, strings.TrimSpace(string(dir)))
}

// migrations are the tables of names in the guides, of another library and of this
// one. The other is found from a folder of the repository.
var migrations = []struct {
	guide   string
	columns [2]string
	library string // "" if it is not in Go
	from    string
}{
	{"from-actix-ws.md", [2]string{"actix-ws", "handset/ws"}, "", ""},
	{"from-gorilla.md", [2]string{"gorilla/websocket", "handset/ws"}, "github.com/gorilla/websocket", "../docs/examples"},
	{"from-coder.md", [2]string{"coder/websocket", "handset/ws"}, "github.com/coder/websocket", "."},
	{"from-melody.md", [2]string{"melody", "handset"}, "github.com/olahol/melody", "../docs/examples"},
}

func TestDocsTableNamesExist(t *testing.T) {
	own := apiOf(t, "../ws")
	maps.Copy(own, apiOf(t, "../group"))
	for _, m := range migrations {
		var theirs api
		if m.library != "" {
			theirs = foreignAPI(t, m.from, m.library)
		}
		for _, dir := range guideLanguages {
			for _, row := range rows(t, dir+m.guide, m.columns[:]...) {
				for i, names := range []api{theirs, own} {
					if names == nil {
						continue
					}
					for _, name := range names.unknown(row[i]) {
						t.Errorf("%s%s: column %d: there is no %s", dir, m.guide, i+1, name)
					}
				}
			}
		}
	}
}

func TestDocsCheckSeesUnknownName(t *testing.T) {
	own := apiOf(t, "../ws")
	for cell, want := range map[string][]string{
		"`ws.Handle(w, r)`, `ws.Hand`":             {"Hand"},
		"`session.Text`, `session.Shout(ctx)`":     {"Session.Shout"},
		"`stream.Aggregate(n).Recv`":               nil,
		"`stream.Aggregate(n).Read(ctx)`":          {"AggregatedStream.Read"},
		"`ws.Upgrader{Compression: …}`":            nil,
		"`ws.Options{Heartbeat: …}`":               nil,
		"`ws.Upgrader{Hearts: …}`":                 {"Upgrader.Hearts"},
		"session.Shout, which is not set as code.": nil,
	} {
		if got := own.unknown(cell); !slices.Equal(got, want) {
			t.Errorf("%s: unknown are %q, want %q", cell, got, want)
		}
	}
}

// Both languages have the same code in their tables.
func TestDocsTablesHaveSameRows(t *testing.T) {
	for _, m := range migrations {
		first, second := rows(t, guideLanguages[0]+m.guide, m.columns[:]...), rows(t, guideLanguages[1]+m.guide, m.columns[:]...)
		if len(first) != len(second) {
			t.Fatalf("%s: %d rows and %d", m.guide, len(first), len(second))
		}
		for i := range first {
			if a, b := codeSpan.FindAllString(strings.Join(first[i], "|"), -1), codeSpan.FindAllString(strings.Join(second[i], "|"), -1); !slices.Equal(a, b) {
				t.Errorf("%q has other code than %q", first[i], second[i])
			}
		}
	}
}
