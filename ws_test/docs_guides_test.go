package ws_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// guides returns the names of the guides, which are in docs and in docs/zh-CN.
func guides(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("../docs/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("docs has %d guides, error %v", len(files), err)
	}
	for _, file := range files {
		switch name := filepath.Base(file); name {
		case "comparison.md", "conformance.md", "hostile.md", "interop.md": // lists, in English
		default:
			names = append(names, name)
		}
	}
	return names
}

// guideLanguages are the folders of the guides.
var guideLanguages = []string{"docs/", "docs/zh-CN/"}

// blockSources are the files that a block of code must be a part of, by its
// language: files that are compiled, or run by a test. Commands and formulas are not
// checked.
var blockSources = map[string][]string{
	"go": {"docs/examples/**.go", "broker/**.go", "metrics/**.go"}, "rust": {"docs/examples/**.rs"},
	"nginx": {"docs/proxies/nginx.conf"}, "haproxy": {"docs/proxies/haproxy.cfg"},
	"yaml": {"docs/proxies/ingress.yaml"}, "caddyfile": {"docs/proxies/Caddyfile"},
	"sh": nil, "text": nil,
}

// block is a fenced block of a Markdown file.
type block struct{ language, text string }

var anyFence = regexp.MustCompile("(?ms)^```(.*?)\n(.*?)^```$")

func blocksOf(markdown string) (blocks []block) {
	for _, found := range anyFence.FindAllStringSubmatch(markdown, -1) {
		blocks = append(blocks, block{found[1], found[2]})
	}
	return blocks
}

// isPart reports whether whole has all lines of the block one after another, at any
// common indentation.
func (b block) isPart(whole string) bool {
	for indent := range 4 {
		var lines strings.Builder
		for line := range strings.Lines(b.text) {
			if line != "\n" {
				lines.WriteString(strings.Repeat("\t", indent))
			}
			lines.WriteString(line)
		}
		if strings.Contains("\n"+whole, "\n"+lines.String()) {
			return true
		}
	}
	return false
}

// problem says what is wrong with a block, given the files of its language, or "".
func (b block) problem(sources map[string][]string) string {
	files, ok := sources[b.language]
	switch {
	case !ok:
		return "a block of the unknown language " + b.language
	case len(files) > 0 && !slices.ContainsFunc(files, b.isPart):
		return fmt.Sprintf("a block that is in none of %v", blockSources[b.language])
	}
	return ""
}

// sourcesOf reads the files of blockSources.
func sourcesOf(t *testing.T) map[string][]string {
	t.Helper()
	sources := map[string][]string{}
	for language, patterns := range blockSources {
		sources[language] = nil
		for _, pattern := range patterns {
			if dir, suffix, all := strings.Cut(pattern, "**"); all {
				sources[language] = append(sources[language], readBelow(t, dir, suffix)...)
			} else {
				sources[language] = append(sources[language], read(t, pattern))
			}
		}
	}
	return sources
}

// readBelow reads the files below a folder whose names end with suffix.
func readBelow(t *testing.T, dir, suffix string) (texts []string) {
	t.Helper()
	root := filepath.Join("..", dir)
	if _, err := os.Stat(root); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(name, suffix) {
			texts = append(texts, read(t, strings.TrimPrefix(filepath.ToSlash(name), "../")))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// What the guides show is compiled, or run by a test.
func TestDocsGuidesShowCheckedCode(t *testing.T) {
	sources := sourcesOf(t)
	for _, name := range guides(t) {
		for _, dir := range guideLanguages {
			for _, b := range blocksOf(read(t, dir+name)) {
				if problem := b.problem(sources); problem != "" {
					t.Errorf("%s%s has %s:\n%s", dir, name, problem, b.text)
				}
			}
		}
	}
}

func TestDocsGuidesCheckSeesOtherCode(t *testing.T) {
	sources := map[string][]string{"go": {"package p\n\nfunc f() {\n\tif g() {\n\n\t\th()\n\t}\n}\n"}, "sh": nil}
	for _, test := range []struct {
		name string
		block
		want string
	}{
		{"a whole function", block{"go", "func f() {\n\tif g() {\n\n\t\th()\n\t}\n}\n"}, ""},
		{"an indented statement", block{"go", "if g() {\n\n\th()\n}\n"}, ""},
		{"a line with a line left out", block{"go", "if g() {\n\th()\n}\n"}, "in none"},
		{"part of a line", block{"go", "func\n"}, "in none"},
		{"other code", block{"go", "h(1)\n"}, "in none"},
		{"a command", block{"sh", "ls\n"}, ""},
		{"an unknown language", block{"python", "f()\n"}, "unknown language"},
		{"no language", block{"", "f()\n"}, "unknown language"},
	} {
		if got := test.problem(sources); !strings.Contains(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

var heading = regexp.MustCompile(`(?m)^(#+) (.*)$`)

// The guides say the same in both languages: they have the same code, and as many
// headings, tables' rows and links.
func TestDocsGuidesInBothLanguages(t *testing.T) {
	chinese, err := filepath.Glob("../docs/zh-CN/*.md")
	if names := guides(t); err != nil || len(chinese) != len(names) {
		t.Fatalf("docs/zh-CN has %d guides, docs has %d, error %v", len(chinese), len(names), err)
	}
	for _, name := range guides(t) {
		english, chinese := read(t, "docs/"+name), read(t, "docs/zh-CN/"+name)
		if !slices.Equal(blocksOf(english), blocksOf(chinese)) {
			t.Errorf("%s has other code in Chinese", name)
		}
		for what, count := range map[string]func(string) int{
			"headings": func(text string) int { return len(heading.FindAllString(withoutBlocks(text), -1)) },
			"rows":     func(text string) int { return strings.Count(withoutBlocks(text), "\n|") },
			"links":    func(text string) int { return len(links(text)) },
		} {
			if a, b := count(english), count(chinese); a != b {
				t.Errorf("%s has %d %s, and %d in Chinese", name, a, what, b)
			}
		}
	}
}

func withoutBlocks(markdown string) string { return anyFence.ReplaceAllString(markdown, "") }
