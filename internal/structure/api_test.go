package structure

import (
	"flag"
	"fmt"
	"go/types"
	"os"
	"slices"
	"strings"
	"testing"
)

// public are the packages of the module that users import.
var public = []string{"group", "group/grouptest", "ws", "wsjson", "wsjson/jsonrpc", "wstest"}

var updateAPI = flag.Bool("update-api", false, "write testdata/api anew")

// The public API is in files, so that every change of it is seen in a diff.
func TestAPI(t *testing.T) {
	for _, dir := range public {
		t.Run(dir, func(t *testing.T) { testAPI(t, dir) })
	}
}

func testAPI(t *testing.T, dir string) {
	golden := "testdata/api/" + strings.ReplaceAll(dir, "/", "_") + ".txt"
	p, err := check("../../" + dir)
	if err != nil {
		t.Fatal(err)
	}
	got := api(p.Package)
	if *updateAPI {
		if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the API has changed; if that is meant: go test ./internal/structure -run 'TestAPI$' -update-api\n%s", difference(string(want), got))
	}
}

// api lists what a package exports, a line for each name.
func api(p *types.Package) string {
	var lines []string
	short := func(of *types.Package) string {
		if of == p {
			return ""
		}
		return strings.TrimPrefix(of.Path(), module)
	}
	for _, name := range p.Scope().Names() {
		object := p.Scope().Lookup(name)
		if !object.Exported() {
			continue
		}
		switch object := object.(type) {
		case *types.Const:
			lines = append(lines, fmt.Sprintf("const %s %s = %v", name, types.TypeString(object.Type(), short), object.Val()))
		case *types.TypeName:
			lines = append(lines, typeAPI(object, short)...)
		default:
			lines = append(lines, types.ObjectString(object, short))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

// typeAPI lists a type, its exported fields and its methods.
func typeAPI(name *types.TypeName, short types.Qualifier) (lines []string) {
	under := name.Type().Underlying()
	fields, ok := under.(*types.Struct)
	if !ok {
		lines = append(lines, "type "+name.Name()+" "+types.TypeString(under, short))
	} else {
		lines = append(lines, "type "+name.Name()+" struct")
		for field := range fields.Fields() {
			if field.Exported() {
				lines = append(lines, fmt.Sprintf("type %s struct, %s %s", name.Name(), field.Name(), types.TypeString(field.Type(), short)))
			}
		}
	}
	methods := types.NewMethodSet(types.NewPointer(name.Type()))
	for method := range methods.Methods() {
		if method.Obj().Exported() {
			lines = append(lines, types.ObjectString(method.Obj(), short))
		}
	}
	return lines
}

// difference lists the lines that only one of two texts has.
func difference(before, after string) string {
	var b strings.Builder
	for line := range strings.Lines(before) {
		if !strings.Contains("\n"+after, "\n"+line) {
			b.WriteString("- " + line)
		}
	}
	for line := range strings.Lines(after) {
		if !strings.Contains("\n"+before, "\n"+line) {
			b.WriteString("+ " + line)
		}
	}
	return b.String()
}
