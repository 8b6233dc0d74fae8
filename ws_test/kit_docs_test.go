package ws_test

import (
	"fmt"
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const module = "github.com/handset-go/handset/"

// readmes have the same contents in two languages.
var readmes = []string{"README.md", "README.zh-CN.md"}

// documented are the packages whose comment has code in it, or may have.
var documented = []string{".", "ws", "wsjson", "wsjson/jsonrpc", "wstest", "group"}

// read returns a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

var fence = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")

// goBlocks returns the Go code of a Markdown file.
func goBlocks(t *testing.T, name string) (blocks []string) {
	t.Helper()
	for _, found := range fence.FindAllStringSubmatch(read(t, name), -1) {
		blocks = append(blocks, found[1])
	}
	if len(blocks) == 0 {
		t.Errorf("%s has no go block", name)
	}
	return blocks
}

// docBlocks returns the Go code of a package's comment.
func docBlocks(t *testing.T, dir string) (blocks []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range new(comment.Parser).Parse(file.Doc.Text()).Content {
			if code, ok := part.(*comment.Code); ok && !isCommand(code.Text) {
				blocks = append(blocks, code.Text)
			}
		}
	}
	return blocks
}

var isCommand = regexp.MustCompile(`^go (build|doc|get|run|test|vet) `).MatchString

var isProgram = regexp.MustCompile(`(?m)^package main$`).MatchString

// known are the packages that a block of code may use without an import, and
// their paths.
var known = map[string]string{
	"bytes": "bytes", "context": "context", "errors": "errors", "fmt": "fmt", "http": "net/http", "io": "io", "json": "encoding/json",
	"log": "log", "net": "net", "os": "os", "slog": "log/slog", "strings": "strings", "sync": "sync", "synctest": "testing/synctest",
	"testing": "testing", "time": "time",
	"group": module + "group", "websocket": "github.com/coder/websocket", "ws": module + "ws", "wsjson": module + "wsjson", "wstest": module + "wstest",
}

// completed makes a whole file of code that is one, or some declarations, or
// some statements. Statements may speak of a handler's w and r, of a session,
// a stream, a ctx and a test's t.
func completed(code string) (string, error) {
	if _, err := parser.ParseFile(token.NewFileSet(), "", code, parser.PackageClauseOnly); err == nil {
		return code, nil
	}
	declarations := "package block\n" + code
	file, err := parser.ParseFile(token.NewFileSet(), "", declarations, 0)
	if err != nil {
		declarations = "package block\nfunc _(ctx context.Context, w http.ResponseWriter, r *http.Request, " +
			"session *ws.Session, stream *ws.MessageStream, t *testing.T) {\n" + code + "\n}\n"
		if file, err = parser.ParseFile(token.NewFileSet(), "", declarations, 0); err != nil {
			return "", err
		}
	}
	return strings.Replace(declarations, "\n", "\n"+imports(file), 1), nil
}

// imports are those of the known packages that a file uses and does not import.
func imports(file *ast.File) (lines string) {
	imported := map[string]bool{}
	for _, spec := range file.Imports {
		imported[strings.Trim(spec.Path.Value, `"`)] = true
	}
	for _, name := range file.Unresolved {
		if path, ok := known[name.Name]; ok && !imported[path] {
			imported[path] = true
			lines += fmt.Sprintf("import %q\n", path)
		}
	}
	return lines
}
