package structure

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// privateWords are words that doc comments do not use, because RFC 6455, net/http and
// the standard library have others for what they would mean.
var privateWords = regexp.MustCompile(`(?i)\b(be it|dear|door|fleet|goodbye|hears?|heard|knocks?|lends?|lent|linger|` +
	`pieces?|roster|strikes?|struck|sweepers?|told)\b`)

// fieldWords are exceptions: terms of the operating system and of the standard library.
var fieldWords = regexp.MustCompile(`\bSO_LINGER\b`)

// Doc comments use the terms of the field.
func TestDocCommentsHaveNoPrivateWords(t *testing.T) {
	for path, file := range docFiles(t) {
		for _, text := range docComments(file) {
			if word := privateWord(text); word != "" {
				t.Errorf("%s: %q in the comment %q", path, word, text)
			}
		}
	}
}

func TestPrivateWord(t *testing.T) {
	for text, want := range map[string]string{
		"The door is open.":       "door",
		"It is told by SO_LINGER": "told",
		"Outdoor, SO_LINGER":      "",
	} {
		if got := privateWord(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// privateWord returns the first private word of a text, or "".
func privateWord(text string) string {
	return privateWords.FindString(fieldWords.ReplaceAllString(text, ""))
}

// docFiles parses the Go files of the module, except tests.
func docFiles(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	walk(t, func(path string, entry fs.DirEntry) (err error) {
		if !entry.IsDir() && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			files[path], err = parser.ParseFile(token.NewFileSet(), filepath.Join(root, path), nil, parser.ParseComments|parser.SkipObjectResolution)
		}
		return err
	})
	if len(files) < 50 {
		t.Fatalf("found only %d files", len(files))
	}
	return files
}

// docComments returns the comments of a file that document a declaration, a field or
// the package.
func docComments(file *ast.File) (texts []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		var groups []*ast.CommentGroup
		switch n := n.(type) {
		case *ast.File:
			groups = []*ast.CommentGroup{n.Doc}
		case *ast.FuncDecl:
			groups = []*ast.CommentGroup{n.Doc}
		case *ast.GenDecl:
			groups = []*ast.CommentGroup{n.Doc}
		case *ast.TypeSpec:
			groups = []*ast.CommentGroup{n.Doc, n.Comment}
		case *ast.ValueSpec:
			groups = []*ast.CommentGroup{n.Doc, n.Comment}
		case *ast.Field:
			groups = []*ast.CommentGroup{n.Doc, n.Comment}
		}
		for _, g := range groups {
			if text := g.Text(); text != "" {
				texts = append(texts, text)
			}
		}
		return true
	})
	return texts
}
