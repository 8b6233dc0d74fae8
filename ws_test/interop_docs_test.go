package ws_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/handset-go/handset/internal/interoptest"
)

// interopDocs is the page that is made of the tables and of the results of a run.
const interopDocs = "docs/interop.md"

// docs/interop.md is what the tables say, with the versions of programs that it was
// written with. With -update-docs it is written anew, from the results of make interop,
// which must have all of its cells.
func TestInteropDocs(t *testing.T) {
	results := os.Getenv("HANDSET_INTEROP_RESULTS")
	switch {
	case results == "":
	case !*updateDocs:
		t.Skip("the page is written after this run")
	default:
		passed := interoptest.Results(t, results)
		expectResults(t, passed)
		page := interopPage(t, programVersions(passed))
		if err := os.WriteFile("../"+interopDocs, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page := read(t, interopDocs)
	versions := map[string]string{}
	for _, found := range programVersion.FindAllStringSubmatch(page, -1) {
		versions[found[1]] = found[2]
	}
	if page != interopPage(t, versions) {
		t.Errorf("%s is not what the tables of internal/interoptest say: run make interop-docs", interopDocs)
	}
}

// The tables are consistent: every peer is run by a command in each of its roles, and
// what it lacks are steps.
func TestInteropPeers(t *testing.T) {
	steps := map[string]bool{}
	for _, s := range interoptest.Steps {
		steps[s.Name] = true
	}
	commands := peerCommands("")
	for _, peer := range interoptest.Peers {
		command := commands[peer.Name]
		if !peer.Elsewhere && (peer.Client != nil && command.client == nil || peer.Server != nil && command.server == nil) {
			t.Errorf("%s has no command", peer.Name)
		}
		delete(commands, peer.Name)
		for _, role := range []*interoptest.Role{peer.Client, peer.Server} {
			if role == nil {
				continue
			}
			for lacks := range role.Lacks {
				if !steps[lacks] {
					t.Errorf("%s lacks %q, which is no step", peer.Name, lacks)
				}
			}
		}
	}
	if len(commands) > 0 {
		t.Errorf("commands of no peer: %v", slices.Collect(maps.Keys(commands)))
	}
}

// programVersion is a line of the page.
var programVersion = regexp.MustCompile(`(?m)^\| ([^|]+) \| ([^|]+) \| as installed \|$`)

// programVersions are the versions in the results.
func programVersions(results []interoptest.Result) map[string]string {
	versions := map[string]string{}
	for _, r := range results {
		if r.Program != "" {
			versions[r.Program] = r.Version
		}
	}
	return versions
}

// expectResults expects a result for each cell of the page.
func expectResults(t *testing.T, results []interoptest.Result) {
	t.Helper()
	passed := map[interoptest.Result]bool{}
	for _, r := range results {
		passed[r] = true
	}
	expect := func(r interoptest.Result) {
		if !passed[r] {
			t.Errorf("nothing has passed for %+v", r)
		}
	}
	for _, peer := range listedPeers() {
		for role, client := range map[*interoptest.Role]bool{peer.Client: true, peer.Server: false} {
			eachCell(role, func(way string, s interoptest.Step) {
				expect(interoptest.Result{Peer: peer.Name, Client: client, Way: way, Step: s.Name})
			})
		}
	}
	for _, router := range interoptest.Routers {
		for column := range router.Stacks {
			expect(interoptest.Result{Peer: router.Name, Step: column})
		}
	}
	for _, proxy := range idleProxyNames {
		for _, test := range idleCases {
			expect(interoptest.Result{Peer: proxy, Step: test.name})
		}
	}
	for _, program := range otherPrograms {
		for _, step := range program.steps {
			expect(interoptest.Result{Peer: program.name, Step: step})
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

// listedPeers are those whose results are those of ws_test, and therefore on the page.
func listedPeers() []interoptest.Peer {
	return slices.DeleteFunc(slices.Clone(interoptest.Peers), func(p interoptest.Peer) bool { return p.Elsewhere })
}

// eachCell calls f for each step that is run with a library.
func eachCell(role *interoptest.Role, f func(way string, s interoptest.Step)) (n map[string]int) {
	n = map[string]int{}
	if role == nil {
		return n
	}
	for _, way := range interoptest.Ways {
		for _, s := range interoptest.Steps {
			if role.Has(way) && s.Runs(role, way) {
				n[way]++
				f(way, s)
			}
		}
	}
	return n
}

// interopPage is the page.
func interopPage(t *testing.T, versions map[string]string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(interopIntroduction)
	writeVersions(t, &b, versions)
	b.WriteString(interopWays)
	writeWays(&b)
	b.WriteString(interopSteps)
	writeSteps(&b)
	b.WriteString(interopRemarks)
	writeRemarks(&b)
	b.WriteString(interopCompression)
	writeCompression(&b)
	b.WriteString(interopIdle)
	writeIdle(&b)
	b.WriteString(interopRouters)
	writeRouters(&b)
	b.WriteString(interopOthers)
	for _, program := range otherPrograms {
		row(&b, program.name, program.what)
	}
	return b.String()
}

// row writes a row of a table.
func row(b *strings.Builder, cells ...string) {
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}

// head writes the first rows of a table.
func head(b *strings.Builder, cells ...string) {
	row(b, cells...)
	b.WriteString(strings.Repeat("|---", len(cells)) + "|\n")
}

// writeVersions writes the versions of libraries, from the files that fix them, and those
// of programs.
func writeVersions(t *testing.T, b *strings.Builder, versions map[string]string) {
	t.Helper()
	head(b, "", "Version", "From")
	for _, program := range slices.Sorted(maps.Keys(versions)) {
		row(b, program, versions[program], "as installed")
	}
	written := map[[2]string]bool{}
	library := func(name string, from [2]string) {
		if from[0] != "" && !written[from] {
			written[from] = true
			name, _, _ = strings.Cut(name, ",")
			row(b, name, lockedVersion(t, from), "`"+from[0]+"`")
		}
	}
	for _, peer := range listedPeers() {
		library(peer.Name, peer.Version)
	}
	for _, router := range interoptest.Routers {
		library(router.Name, router.Version)
	}
}

// lockedVersion is the version of a library in a file: a go.mod, a package.json, a
// requirements.txt or a Cargo.lock.
func lockedVersion(t *testing.T, from [2]string) string {
	t.Helper()
	name := regexp.QuoteMeta(from[1])
	found := regexp.MustCompile(`(?m)^\s*(?:name = )?"?` + name + `"?(?:\n\s*version = "|: "| v|==)([^"\s]+)`).FindStringSubmatch(read(t, from[0]))
	if found == nil {
		t.Fatalf("%s has no version of %s", from[0], from[1])
	}
	return found[1]
}

func writeWays(b *strings.Builder) {
	columns := []string{"", "runs on"}
	for _, role := range []string{"client", "server"} {
		for _, way := range interoptest.Ways {
			columns = append(columns, role+", "+way)
		}
	}
	head(b, columns...)
	for _, peer := range listedPeers() {
		cells := []string{peer.Name, cmp.Or(peer.Program, runsOn(peer.Version[0]))}
		for _, role := range []*interoptest.Role{peer.Client, peer.Server} {
			n := eachCell(role, func(string, interoptest.Step) {})
			for _, way := range interoptest.Ways {
				cells = append(cells, orDash(n[way]))
			}
		}
		row(b, cells...)
	}
}

// runsOn is the language of a library whose version is in a file.
func runsOn(file string) string {
	if strings.HasSuffix(file, "Cargo.lock") {
		return "Rust"
	}
	return "Go"
}

func orDash(n int) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprint(n)
}

func writeSteps(b *strings.Builder) {
	columns := []string{""}
	for _, s := range interoptest.Steps {
		columns = append(columns, s.Name)
	}
	head(b, columns...)
	for _, peer := range listedPeers() {
		cells := []string{peer.Name}
		for _, s := range interoptest.Steps {
			cells = append(cells, cmp.Or(letter("C", peer.Client, s)+letter("S", peer.Server, s), "–"))
		}
		row(b, cells...)
	}
	b.WriteString("\n")
	for _, s := range interoptest.Steps {
		fmt.Fprintf(b, "- **%s**: %s\n", s.Name, s.What)
	}
}

// letter is that of a role if the step is run.
func letter(of string, role *interoptest.Role, s interoptest.Step) string {
	if role == nil || !s.Runs(role, interoptest.Direct) {
		return ""
	}
	return of
}

func writeRemarks(b *strings.Builder) {
	for _, peer := range listedPeers() {
		if strings.Contains(peer.Name, ",") { // another setting of the one before it
			continue
		}
		all := remarks(peer.Client)
		for _, remark := range remarks(peer.Server) {
			if !slices.Contains(all, remark) {
				all = append(all, remark)
			}
		}
		if len(all) > 0 {
			fmt.Fprintf(b, "- **%s**: %s.\n", peer.Name, strings.Join(all, "; "))
		}
	}
}

// remarks are what is different with a library.
func remarks(r *interoptest.Role) (all []string) {
	if r == nil {
		return nil
	}
	for _, remark := range []struct {
		holds bool
		text  string
	}{
		{r.AcceptsInvalidText, "it does not check that text is UTF-8, and sends it back, which ends our session with 1007"},
		{r.DropsInvalidText, "it closes the TCP connection without a Close frame if text is not UTF-8"},
		{r.InvalidText != 0, fmt.Sprintf("it answers text that is not UTF-8 with %d", r.InvalidText)},
		{r.DropsTooBig, "it closes the TCP connection without a Close frame if a message is too big"},
		{r.AnswersNormal, "it answers every Close frame with 1000"},
		{r.AnswersNone, "it answers a Close frame without a code with 1000"},
		{r.ClosesAtOnce, "it closes the TCP connection with its Close frame, so that a proxy may lose that while we send"},
		{r.SendsUncompressed, "it decompresses messages, and compresses none"},
		{r.HidesStatus, "programs do not see the status of a refusal"},
	} {
		if remark.holds {
			all = append(all, remark.text)
		}
	}
	reasons := map[string][]string{}
	for _, s := range interoptest.Steps {
		if why := r.Lacks[s.Name]; why != "" && why != interoptest.NoHeartbeat {
			reasons[why] = append(reasons[why], s.Name)
		}
	}
	for _, why := range slices.Sorted(maps.Keys(reasons)) {
		all = append(all, fmt.Sprintf("%s (*%s*)", why, strings.Join(reasons[why], "*, *")))
	}
	return all
}

func writeCompression(b *strings.Builder) {
	head(b, "", "role", "`Frugal`", "`Balanced`", "`Dense`")
	for _, peer := range listedPeers() {
		for _, role := range []struct {
			name string
			*interoptest.Role
		}{{"client", peer.Client}, {"server", peer.Server}} {
			if role.Role == nil {
				continue
			}
			cells := []string{peer.Name, role.name}
			for _, answer := range role.Answers {
				cells = append(cells, agreed(answer))
			}
			row(b, cells...)
		}
	}
}

// agreed is an answer in few words.
func agreed(answer string) string {
	extension, parameters, _ := strings.Cut(answer, "; ")
	switch {
	case extension == "":
		return "–"
	case parameters == "":
		return "takeover"
	}
	return "`" + strings.ReplaceAll(parameters, "; ", "` `") + "`"
}

func writeIdle(b *strings.Builder) {
	head(b, append([]string{""}, idleProxyNames...)...)
	for _, test := range idleCases {
		cells := []string{test.name}
		for range idleProxyNames {
			cells = append(cells, "✓")
		}
		row(b, cells...)
	}
}

func writeRouters(b *strings.Builder) {
	head(b, append([]string{""}, interoptest.Middlewares...)...)
	for _, router := range interoptest.Routers {
		cells := []string{router.Name}
		for _, column := range interoptest.Middlewares {
			stack := router.Stacks[column]
			switch {
			case stack == "":
				cells = append(cells, "–")
			case interoptest.CannotHijack[stack]:
				cells = append(cells, "`"+stack+"`: 501")
			case strings.Contains(stack, " "): // in words
				cells = append(cells, "✓ "+stack)
			default:
				cells = append(cells, "✓ `"+stack+"`")
			}
		}
		row(b, cells...)
	}
}
