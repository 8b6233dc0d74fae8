package structure

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
	"testing"
)

// owners are the parts of a connection that belong to somebody, and who may use them:
// the methods of types, and for what is nobody's method, functions.
var owners = map[string]struct{ types, files []string }{
	"in": {
		types: []string{"MessageStream", "AggregatedStream", "readBuffer", "messageChannel"},
		files: []string{"stream.go", "range.go", "chan.go", "aggregate.go", "drain.go"},
	},
	"out": {
		types: []string{"Session", "outboxCallbacks", "registry", ""},
		files: []string{"session.go", "prepared.go", "close.go", "heartbeat.go", "trace.go", "conn.go", "shutdown.go", "stats.go"},
	},
	"closing": {
		types: []string{"Session"},
		files: []string{"close.go"},
	},
	"membership": {
		types: []string{"registry", "outboxCallbacks"},
		files: []string{"registry.go", "conn.go"},
	},
}

// A method of Session does not reach what belongs to the reader, and so on.
func TestOwners(t *testing.T) {
	p := checkedWS(t)
	fields := fieldsOf(t, p, "conn")
	used := map[string]bool{}
	for _, file := range p.files {
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			receiver, name := receiverOf(f), p.file(f.Pos())
			ast.Inspect(f.Body, func(n ast.Node) bool {
				s, ok := n.(*ast.SelectorExpr)
				if !ok || p.info.Selections[s] == nil || !fields[p.info.Selections[s].Obj()] {
					return true
				}
				owner, ok := owners[s.Sel.Name]
				used[s.Sel.Name] = used[s.Sel.Name] || ok
				if ok && (!slices.Contains(owner.types, receiver) || !slices.Contains(owner.files, name)) {
					t.Errorf("%s: %s.%s uses conn.%s", name, receiver, f.Name.Name, s.Sel.Name)
				}
				return true
			})
		}
	}
	for part := range owners {
		if !used[part] {
			t.Errorf("conn has no %s that is used", part)
		}
	}
}

// fieldsOf returns the fields of a struct type.
func fieldsOf(t *testing.T, p *checkedPackage, name string) map[types.Object]bool {
	t.Helper()
	fields := map[types.Object]bool{}
	for field := range p.Scope().Lookup(name).Type().Underlying().(*types.Struct).Fields() {
		fields[field] = true
	}
	return fields
}

// receiverOf returns the name of the type whose method a function is, "" for none.
func receiverOf(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	return strings.TrimPrefix(types.ExprString(f.Recv.List[0].Type), "*")
}
