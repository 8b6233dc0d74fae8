package ws_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const security = "SECURITY.md"

// securityPackages are the packages whose names SECURITY.md has, by how they are
// qualified. Names of packages ws and wsjson may be unqualified.
var securityPackages = map[string]string{
	"ws": "../ws", "group": "../group", "redis": "../broker/redis", "nats": "../broker/nats", "wsjson": "../wsjson", "http": "net/http", "sync": "sync",
}

var (
	testLink   = regexp.MustCompile(`\[((?:Test|Fuzz)\w+)\]\(([^)]+)\)`)
	testName   = regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w*`)
	identifier = regexp.MustCompile(`^[A-Za-z]\w*(\.\w+)*$`)
)

// testsOf returns the names of the tests and fuzz tests in a file.
func testsOf(t *testing.T, name string) (names []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", name), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return nil
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && testName.MatchString(f.Name.Name) {
			names = append(names, f.Name.Name)
		}
	}
	return names
}

// missingTests returns what a Markdown text says of tests that is not so: tests that
// are not in the file that they are linked to, and names without a link.
func missingTests(markdown string, testsOf func(file string) []string) (missing []string) {
	for _, found := range testLink.FindAllStringSubmatch(markdown, -1) {
		if !strings.HasSuffix(found[2], "_test.go") || !slices.Contains(testsOf(found[2]), found[1]) {
			missing = append(missing, found[1]+" in "+found[2])
		}
	}
	for _, name := range testName.FindAllString(testLink.ReplaceAllString(markdown, ""), -1) {
		missing = append(missing, name+", which has no link")
	}
	return missing
}

func TestDocsSecurityTestsExist(t *testing.T) {
	text, files := read(t, security), map[string][]string{}
	for _, missing := range missingTests(text, func(file string) []string {
		if _, known := files[file]; !known {
			files[file] = testsOf(t, file)
		}
		return files[file]
	}) {
		t.Errorf("%s: there is no %s", security, missing)
	}
	if n := len(testLink.FindAllString(text, -1)); n < 100 {
		t.Errorf("%s names %d tests", security, n)
	}
}

// Every attack has a test, or the table says that there is none.
func TestDocsSecurityRowsHaveTests(t *testing.T) {
	attacks := 0
	for _, table := range strings.Split(read(t, security), "\n| attack | what stops it | tests |\n")[1:] {
		table, _, _ = strings.Cut(table, "\n\n")
		for _, line := range strings.Split(table, "\n")[1:] {
			attacks++
			cells := strings.Split(strings.Trim(line, "|"), "|")
			if len(cells) != 3 {
				t.Fatalf("%s has a row of %d cells: %s", security, len(cells), line)
			}
			open := strings.Contains(cells[1], "**Not stopped**") || strings.Contains(cells[2], "no test")
			if !testLink.MatchString(cells[2]) && !open {
				t.Errorf("%s: no test shows what stops %s", security, cells[0])
			}
		}
	}
	if attacks < 50 {
		t.Errorf("%s has %d attacks", security, attacks)
	}
}

// securityNames returns the names that SECURITY.md may have, with their packages and,
// of packages ws and wsjson, also without.
func securityNames(t *testing.T) api {
	t.Helper()
	names := api{}
	for name, dir := range securityPackages {
		declared := apiOf
		if !strings.HasPrefix(dir, "..") {
			declared = func(t *testing.T, path string) api { return foreignAPI(t, ".", path) }
		}
		for of := range declared(t, dir) {
			names[name+"."+of] = isExported(of)
		}
	}
	for of, exported := range maps.Clone(names) {
		name, found := strings.CutPrefix(of, "ws.")
		if !found {
			name, found = strings.CutPrefix(of, "wsjson.")
		}
		if found && exported {
			names[name], names[name[strings.LastIndex(name, ".")+1:]] = true, true
		}
	}
	return names
}

// isExported reports whether a name, such as Options.SendBuffer, is exported.
func isExported(name string) bool {
	return !slices.ContainsFunc(strings.Split(name, "."), func(part string) bool { return !token.IsExported(part) })
}

// otherWords are in code spans of SECURITY.md and are no names of Go.
var otherWords = []string{
	"wstest", "null", "maxSize", "wss", "example.com", "example.com.evil", "r.Host",
	"Authorization", "Cookie", "Host", "Origin", "Retry-After", "RemoteAddr", "Transport",
}

// unknownNames returns the code spans that look like names of Go and are none. Values,
// headers and commands in them are not looked at.
func unknownNames(markdown string, names api) (unknown []string) {
	for _, span := range codeSpan.FindAllString(markdown, -1) {
		name := strings.Trim(span, "`")
		if identifier.MatchString(name) && !names[name] && !slices.Contains(otherWords, name) {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

func TestDocsSecurityOptionsExist(t *testing.T) {
	for _, name := range unknownNames(read(t, security), securityNames(t)) {
		t.Errorf("%s: there is no %s", security, name)
	}
}

func TestDocsSecurityChecksSeeMistakes(t *testing.T) {
	there := func(file string) []string { return map[string][]string{"ws_test/a_test.go": {"TestA", "FuzzA"}}[file] }
	for text, missing := range map[string]int{
		"[TestA](ws_test/a_test.go), [FuzzA](ws_test/a_test.go)": 0, "[TestB](ws_test/a_test.go)": 1, "[TestA](ws_test/b_test.go)": 1,
		"[TestA](ws_test/a.go)": 1, "TestA": 1, "`TestA` and [TestA](ws_test/a_test.go)": 1, "Tests of a Test": 0,
	} {
		if got := missingTests(text, there); len(got) != missing {
			t.Errorf("%s: missing %q, want %d", text, got, missing)
		}
	}
	names := securityNames(t)
	for span, unknown := range map[string]bool{
		"`Options.MessageTimeout`": false, "`MessageTimeout`": false, "`MessageTimeouts`": true, "`Upgrader.MaxSession`": true, "`Aggregate`": false,
		"`group.Options.MaxResume`": false, "`group.Options.Max`": true, "`http.Server.ReadHeaderTimeout`": false, "`http.Server.HeaderTimeout`": true,
		"`MaxResume`": true, "`defaultMinSize`": true, "`Host`": false, "`proxy_set_header Host $http_host`": false, "MessageTimeouts": false,
	} {
		if got := unknownNames(span, names); (len(got) > 0) != unknown {
			t.Errorf("%s: unknown are %q, want any: %v", span, got, unknown)
		}
	}
}
