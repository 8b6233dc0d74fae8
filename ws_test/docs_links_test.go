package ws_test

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var inlineLink = regexp.MustCompile(`\]\(([^()\s]+)\)`)

// links returns the targets of a Markdown file's links and images.
func links(markdown string) (targets []string) {
	for _, found := range inlineLink.FindAllStringSubmatch(withoutSpans(withoutBlocks(markdown)), -1) {
		targets = append(targets, found[1])
	}
	return targets
}

func withoutSpans(markdown string) string { return codeSpan.ReplaceAllString(markdown, "code") }

// anchors returns those of a Markdown file's headings, as GitHub makes them.
func anchors(markdown string) map[string]bool {
	names := map[string]bool{}
	for _, found := range heading.FindAllStringSubmatch(withoutBlocks(markdown), -1) {
		names[anchor(found[2])] = true
	}
	return names
}

func anchor(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}

// brokenLinks returns the relative links of a Markdown file whose file or heading
// does not exist.
func brokenLinks(name, text string, read func(name string) (text string, exists bool)) (broken []string) {
	for _, target := range links(text) {
		if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
			continue
		}
		file, fragment, _ := strings.Cut(target, "#")
		content, exists := text, true
		if file != "" {
			content, exists = read(path.Join(path.Dir(name), file))
		}
		if !exists || fragment != "" && !anchors(content)[fragment] {
			broken = append(broken, target)
		}
	}
	return broken
}

func TestDocsLinksExist(t *testing.T) {
	readFile := func(name string) (string, bool) {
		text, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			_, err = os.Stat(filepath.Join("..", name)) // a folder
		}
		return strings.ReplaceAll(string(text), "\r\n", "\n"), err == nil
	}
	files := 0
	err := filepath.WalkDir("..", func(name string, entry fs.DirEntry, err error) error {
		switch base := filepath.Base(name); {
		case errors.Is(err, fs.ErrNotExist) && name != "..": // it has just been removed
			return nil
		case err != nil:
			return err
		case entry.IsDir() && (base == "node_modules" || base == "target" || base == "out" || name != ".." && base[0] == '.'):
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(base) != ".md":
			return nil
		}
		files++
		name = strings.TrimPrefix(filepath.ToSlash(name), "../")
		for _, target := range brokenLinks(name, read(t, name), readFile) {
			t.Errorf("%s: %s does not exist", name, target)
		}
		return nil
	})
	if err != nil || files < 20 {
		t.Errorf("looked at %d files, error %v", files, err)
	}
}

func TestDocsCheckSeesBrokenLink(t *testing.T) {
	files := map[string]string{"docs/a.md": "# One `two`, three\n## 背压 1\n", "docs/sub/b.md": "# B\n"}
	readFile := func(name string) (string, bool) { text, ok := files[name]; return text, ok }
	for link, broken := range map[string]bool{
		"a.md": false, "./a.md": false, "sub/b.md": false, "../docs/a.md": false, "c.md": true, "sub": true,
		"a.md#one-two-three": false, "a.md#背压-1": false, "a.md#one": true, "sub/b.md#b": false,
		"#here": false, "#there": true, "https://example.com/c.md": false,
	} {
		text := "# Here\n[text](" + link + ")\n"
		if got := len(brokenLinks("docs/index.md", text, readFile)) > 0; got != broken {
			t.Errorf("%s: broken is %v, want %v", link, got, broken)
		}
	}
}
