package ws_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var updateDocs = flag.Bool("update-docs", false, "write docs/conformance.md anew")

// conformanceDocs is the page that is made of the rows.
const conformanceDocs = "docs/conformance.md"

// allRows are the rows of all tables.
func allRows() (rows []conformanceRow) {
	for _, row := range wireRows() {
		rows = append(rows, conformanceRow{row.id, row.rule, row.sides()})
	}
	for _, row := range deflateRows() {
		rows = append(rows, conformanceRow{row.id, row.rule, sides})
	}
	for _, row := range requestRows() {
		rows = append(rows, conformanceRow{"request: " + row.id, row.rule, []side{serverSide}})
	}
	for _, row := range responseRows() {
		rows = append(rows, conformanceRow{"response: " + row.id, row.rule, []side{clientSide}})
	}
	for _, row := range dialRows() {
		rows = append(rows, conformanceRow{row.id, row.rule, []side{clientSide}})
	}
	return rows
}

// docs/conformance.md is what the rows say. Every row tests something, and has a name of
// its own in its table.
func TestConformanceDocs(t *testing.T) {
	page := conformancePage()
	if *updateDocs {
		if err := os.WriteFile("../"+conformanceDocs, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if read(t, conformanceDocs) != page {
		t.Errorf("%s is not what the rows say: run go test ./ws_test -run ConformanceDocs -update-docs", conformanceDocs)
	}
	seen := make(map[string]bool)
	for _, row := range allRows() {
		if seen[row.id] || row.rule == nil || row.rule.numbers() == nil {
			t.Errorf("row %q is there twice, or tests nothing", row.id)
		}
		seen[row.id] = true
	}
}

// conformancePage is the page.
func conformancePage() string {
	rows := allRows()
	var b strings.Builder
	fmt.Fprintf(&b, conformanceIntroduction, len(rows), len(wireRows()), len(deflateRows()), len(requestRows())+len(responseRows())+len(dialRows()))
	rfc := ""
	for _, tested := range byRequirement(rows) {
		if name, _, _ := strings.Cut(tested.section, " §"); name != rfc {
			rfc = name
			fmt.Fprintf(&b, "\n## %s\n\n| Section | Sentence | Server | Client |\n|---|---|---:|---:|\n", rfc)
		}
		_, section, _ := strings.Cut(tested.section, rfc+" ")
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", section, tested.sentence(), count(tested.rows[serverSide]), count(tested.rows[clientSide]))
	}
	return b.String()
}

// sentence is the text in Markdown: a quotation, or in italics.
func (r *requirement) sentence() string {
	text := strings.NewReplacer("|", `\|`, "_", `\_`, "*", `\*`).Replace(r.text)
	if r.quoted {
		return "“" + text + "”"
	}
	return "*" + text + "*"
}

// count is a number of rows, which all pass, or nothing.
func count(rows int) string {
	if rows == 0 {
		return ""
	}
	return fmt.Sprint(rows)
}

const conformanceIntroduction = `# Conformance

Each sentence below is tested by the given number of rows of a table in ` + "`ws_test`" + `. A row is a conversation: the bytes
that a peer sends, the exact bytes that the session must send, whether it must close the connection, and the error that it
must report. The masking keys of a client may be any that differ from one frame to the next, and what a session compresses is
compared after decompression. A row applies to the server, to the client, or to both. All rows pass: ` + "`go test`" + ` fails if one
does not.

There are %d rows: %d of frames, %d of compressed messages with every agreement on parameters, and %d of handshakes.

    go test ./ws_test -run Conformance

Rows of frames run over a ` + "`net.Conn`" + ` in memory, where nothing but the expected bytes may come before the session waits again,
and over TCP and TLS. In memory each is run six times: the application receives
by ` + "`Recv`" + `, ` + "`All`" + ` and ` + "`Chan`" + `, without compression and with compressed messages in both directions. The exceptions are rows that
compression or the view would change: for example, ` + "`Chan`" + ` reads ahead, so that a message in front of a violation cannot be sent
back any more. The longest ones are run once on each side. Over TCP and over TLS each row is run once on each side, with
another view each time. Under the race detector, each row is run once on each side in memory, and a third of them over TCP.
Requests and responses are sent over TCP, over a ` + "`net.Conn`" + ` of another type, and over TLS.

Sentences in quotation marks are those of the RFC. Those in italics say in other words what the RFC says in several sentences.

The rows of frames contain the cases of the Autobahn|Testsuite, with their numbers. ` + "`make autobahn`" + ` runs that suite itself.
`
