package structure

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/handset-go/handset/"

// layer is what a package may do.
type layer struct {
	on         []string // the packages of the module it may import
	pure       bool     // bytes in, bytes out: no sockets, no clock, no locks; of sync only Pool
	but        []string // what it uses although it is pure
	goroutines bool     // it may start some
}

// layers has every package that programs can be built from. A new one says
// here which layer it is.
var layers = map[string]layer{
	".":                    {pure: true},
	"internal/frame":       {pure: true, but: []string{"sync"}},
	"internal/closing":     {pure: true, on: []string{"internal/frame"}},
	"internal/window":      {pure: true, but: []string{"sync"}},
	"internal/inflate":     {pure: true, on: []string{"internal/window"}, but: []string{"sync"}},
	"internal/deflate":     {pure: true, on: []string{"internal/inflate", "internal/window"}, but: []string{"github.com/klauspost/compress/flate", "io", "sync"}},
	"internal/deflatetest": {pure: true, but: []string{"io"}},
	"internal/heartbeat":   {pure: true, but: []string{"sync/atomic"}}, // a Pong is received beside the checks
	"internal/message": {pure: true, but: []string{"io"}, on: []string{
		"internal/buffer", "internal/frame", "internal/inbox", "internal/inflate", "internal/overwrite",
	}},
	"internal/buffer":     {pure: true, on: []string{"internal/overwrite"}, but: []string{"sync"}},
	"internal/structure":  {pure: true},
	"internal/overwrite":  {pure: true},
	"internal/sessionend": {pure: true},
	"internal/clock":      {},
	"internal/transport":  {},
	"internal/handshake":  {},
	"internal/redial":     {on: []string{"internal/clock"}},
	"internal/inbox":      {pure: true, on: []string{"internal/buffer", "internal/overwrite"}},
	"internal/outbox":     {on: []string{"internal/buffer", "internal/clock", "internal/frame", "internal/transport"}},
	"ws": {goroutines: true, on: []string{
		"internal/buffer", "internal/clock", "internal/closing", "internal/deflate", "internal/frame", "internal/handshake", "internal/heartbeat", "internal/inflate", "internal/message",
		"internal/outbox", "internal/redial", "internal/sessionend", "internal/transport",
	}},
	"group":                {goroutines: true, on: []string{"internal/sessionend", "ws"}},
	"group/grouptest":      {goroutines: true, on: []string{"group"}},
	"internal/machinetest": {goroutines: true, on: []string{"group", "ws"}},
	"internal/brokerbench": {goroutines: true, on: []string{"group", "ws"}},
	"wsjson":               {on: []string{"ws"}},
	"wsjson/jsonrpc":       {on: []string{"ws", "wsjson"}},
	"wstest":               {goroutines: true, on: []string{"internal/overwrite", "ws"}},
	"internal/exampletest": {},
	"internal/interoptest": {goroutines: true, on: []string{"ws"}},
	"internal/tooltest":    {},
	"examples/echo":        {goroutines: true, on: []string{"ws"}},
	"examples/echo/client": {goroutines: true, on: []string{"ws"}},
	"examples/progress":    {goroutines: true, on: []string{"ws", "wsjson"}},
	"examples/ticker":      {goroutines: true, on: []string{"group", "ws"}},

	"ws_test/simulation/mutations": {},
}

// impure are the packages, with all below them, that a pure layer does without.
var impure = []string{"context", "io", "log", "net", "os", "runtime", "sync", "syscall", "time"}

func TestLayers(t *testing.T) {
	seen := map[string]bool{}
	for file, source := range sources(t) {
		dir := path.Dir(file)
		seen[dir] = true
		for _, breach := range breaches(dir, source) {
			t.Errorf("%s %s", file, breach)
		}
	}
	for _, dir := range []string{"internal/frame", "internal/outbox", "ws", "wstest"} {
		if !seen[dir] {
			t.Errorf("no file of %s was looked at", dir)
		}
	}
}

// The check finds a breach of the layers.
func TestLayersCheckSeesBreach(t *testing.T) {
	for _, test := range []struct{ name, dir, source, breach string }{
		{"an internal package on ws", "internal/inbox", `import "` + module + `ws"`, "imports ws"},
		{"a layer on the one above", "internal/transport", `import "` + module + `internal/outbox"`, "imports internal/outbox"},
		{"a test kit in the library", "ws", `import "` + module + `wstest"`, "imports wstest"},
		{"frames with sockets", "internal/frame", `import "net"`, "imports net"},
		{"frames with HTTP", "internal/frame", `import "net/http"`, "imports net/http"},
		{"frames with locks", "internal/frame", `import "sync/atomic"`, "imports sync/atomic"},
		{"a lock where there may be a pool", "internal/frame", `import "sync"; var pool sync.Pool; var mu sync.Mutex`, "uses sync.Mutex"},
		{"frames with a module", "internal/frame", `import "golang.org/x/sync/errgroup"`, "imports golang.org/x/sync/errgroup"},
		{"what one pure layer may use in another", "internal/frame", `import "io"`, "imports io"},
		{"heartbeats with a clock", "internal/heartbeat", `import "time"`, "imports time"},
		{"heartbeats with a lock", "internal/heartbeat", `import "sync"`, "imports sync"},
		{"compression on frames", "internal/deflate", `import "` + module + `internal/frame"`, "imports internal/frame"},
		{"the decoder on what RFC 7692 adds", "internal/inflate", `import "` + module + `internal/deflate"`, "imports internal/deflate"},
		{"the decoder with somebody else's", "internal/inflate", `import "github.com/klauspost/compress/flate"`, "imports github.com/klauspost/compress/flate"},
		{"messages with a connection", "internal/message", `import "` + module + `internal/transport"`, "imports internal/transport"},
		{"messages with sockets", "internal/message", `import "net"`, "imports net"},
		{"messages with a clock", "internal/message", `import "time"`, "imports time"},
		{"messages with a context", "internal/message", `import "context"`, "imports context"},
		{"messages with a lock", "internal/message", `import "sync"; var mu sync.Mutex`, "imports sync"},
		{"messages on those of ws", "internal/message", `import "` + module + `ws"`, "imports ws"},
		{"messages with a goroutine", "internal/message", `func f() { go f() }`, "starts a goroutine"},
		{"incoming bytes with a connection", "internal/inbox", `import "` + module + `internal/transport"`, "imports internal/transport"},
		{"a goroutine below ws", "internal/outbox", "func f() { go f() }", "starts a goroutine"},
		{"a goroutine within a function", "internal/transport", "var f = func() { for { go func() {}() } }", "starts a goroutine"},
		{"a timer's goroutine below ws", "internal/inbox", `import "time"; func f() { time.AfterFunc(0, f) }`, "starts a goroutine with AfterFunc"},
		{"the handshake on ws", "internal/handshake", `import "` + module + `ws"`, "imports ws"},
		{"a group's goroutine below ws", "internal/inbox", `import "sync"; func f(wg *sync.WaitGroup) { wg.Go(nil) }`, "starts a goroutine with Go"},
		{"a package without a layer", "internal/util", "", "has no layer"},
		{"what is allowed", "ws", `import ("net"; "` + module + `internal/frame"); func f() { go f() }`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			file, err := parser.ParseFile(token.NewFileSet(), "", "package p;"+test.source, 0)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(breaches(test.dir, file), "\n")
			if !strings.Contains(got, test.breach) || (got == "") != (test.breach == "") {
				t.Errorf("breaches: %q, want %q", got, test.breach)
			}
		})
	}
}

// sources are the Go files of the module for every system, but for tests, by
// their paths from its root.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	walk(t, func(path string, entry fs.DirEntry) (err error) {
		if entry.IsDir() {
			return skipped(path)
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			files[path], err = parser.ParseFile(token.NewFileSet(), filepath.Join(root, path), nil, 0)
		}
		return err
	})
	return files
}

// skipped leaves out what is no part of the module, such as bench, which has its own.
func skipped(dir string) error {
	if path.Base(dir) == "testdata" {
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(root, dir, "go.mod")); err == nil && dir != "." {
		return filepath.SkipDir
	}
	return nil
}

// breaches returns what a file does that its package's layer does not allow.
func breaches(dir string, file *ast.File) (found []string) {
	may, ok := layers[dir]
	if !ok {
		found = append(found, "has no layer in this test")
	}
	for _, spec := range file.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		if !may.imports(name) {
			found = append(found, "imports "+strings.TrimPrefix(name, module))
		}
	}
	if !may.goroutines {
		found = append(found, goroutinesOf(file)...)
	}
	if may.pure {
		found = append(found, syncOf(file)...)
	}
	return found
}

// syncOf finds what a file uses of package sync besides Pool.
func syncOf(file *ast.File) (found []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name != "Pool" {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "sync" {
				found = append(found, "uses sync."+s.Sel.Name)
			}
		}
		return true
	})
	return found
}

// imports reports whether the layer may import a package.
func (may layer) imports(name string) bool {
	if own, ok := strings.CutPrefix(name, module); ok {
		return slices.Contains(may.on, own)
	}
	top, _, _ := strings.Cut(name, "/")
	return !may.pure || slices.Contains(may.but, name) || !strings.Contains(top, ".") && !slices.Contains(impure, top)
}

// goroutinesOf finds the places where a file starts one.
func goroutinesOf(file *ast.File) (found []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = append(found, "starts a goroutine")
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && (f.Sel.Name == "AfterFunc" || f.Sel.Name == "Go") {
				found = append(found, fmt.Sprintf("starts a goroutine with %s", f.Sel.Name))
			}
		}
		return true
	})
	return found
}
