package hostile_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
)

var updateDocs = flag.Bool("update-docs", false, "write docs/hostile.md anew")

// docs is the page that has the figures of a run.
const docs = "../../docs/hostile.md"

// page is a new docs/hostile.md.
type page struct {
	mu   sync.Mutex
	rows map[string]string
}

// newPage returns a page, which is written when the test has passed, if it is asked for.
func newPage(t *testing.T) *page {
	p := &page{rows: map[string]string{}}
	if *updateDocs {
		t.Cleanup(func() {
			if t.Failed() {
				return
			}
			if err := os.WriteFile(docs, []byte(p.text()), 0o644); err != nil {
				t.Error(err)
			}
		})
	}
	return p
}

func (p *page) add(a attack, on side, f figures) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows[a.begin(on)] = fmt.Sprintf(" %.2f × %s | %.1f × %d%s | %.1f%s | %.1f%s |\n",
		f.ratio(a), a.cpuBound(), float64(max(f.live(a), 0))/kib, max(a.conns, 1), a.liveBound(), float64(f.peak())/mib, a.peakBound(), max(f.goroutines(a), 0), a.goroutineBound())
}

// begin is the part of a row that says what the attack is.
func (a attack) begin(on side) string { return fmt.Sprintf("| %s | %s | %s |", a.name, a.does, on) }

func (b bounds) cpuBound() string { return fmt.Sprintf("%s (%.1f)", b.unit, b.cpu) }
func (a attack) liveBound() string {
	return fmt.Sprintf(" (%.1f)", float64(a.live+pools/int64(max(a.conns, 1)))/kib)
}
func (b bounds) peakBound() string      { return fmt.Sprintf(" (%d)", b.peak/mib) }
func (b bounds) goroutineBound() string { return fmt.Sprintf(" (%.0f)", b.goroutines) }

func (p *page) text() string {
	var b strings.Builder
	b.WriteString(introduction)
	for _, a := range attacks() {
		for _, on := range a.sides {
			b.WriteString(a.begin(on) + p.rows[a.begin(on)])
		}
	}
	return b.String()
}

// docs/hostile.md has a row for each attack, with those of its bounds that do not depend on
// the number of connections.
func TestHostileDocs(t *testing.T) {
	text, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(string(text), "\n")
	for _, a := range attacks() {
		for _, on := range a.sides {
			if !hasRow(rows, a.begin(on), a.cpuBound(), a.goroutineBound()) {
				t.Errorf("docs/hostile.md has no such row, or other bounds: %s %+v", a.begin(on), a.bounds)
			}
		}
	}
}

func hasRow(rows []string, parts ...string) bool {
next:
	for _, row := range rows {
		for i, part := range parts {
			before, rest, ok := strings.Cut(row, part)
			if !ok || i == 0 && before != "" {
				continue next
			}
			row = rest
		}
		return true
	}
	return false
}

const introduction = `# Hostile peers

What an attack of a hostile peer costs. Each row is made by a test against a server, or against a client, that runs in a process
of its own, so that the figures are those of the library and of the Go runtime. The limit that the test asserts is in
parentheses.

    go test -v ./ws_test/hostile

prints the figures of your machine. With ` + "`HANDSET_SOAK=1`" + ` before it, 10,000 connections do not finish their frames; with
` + "`-update-docs`" + ` behind it, this page is written anew. Figures vary from run to run.

- **CPU time** is that of the process for each unit that the attacker sends (a byte, a frame, a write, a connection), divided by
  that for a unit of an honest peer in the same process. The honest peer sends messages of 125 bytes or 1 KiB, compressed
  messages of 1 KiB of JSON, or opens a session, sends a message and closes the session.
- **Memory** is what is in use at the end of the attack, for each of so many connections: objects and stacks after a garbage
  collection, divided by the number. The limit has 512 KiB for what belongs to no connection, such as stacks that are kept for later
  goroutines, so the figures of single connections say little.
- **Resident** is the growth of the process during the attack, with garbage that has not been collected.
- **Goroutines** are for each connection; 4 more may run in all.

After each attack no session, goroutine or descriptor is left, and memory is as before. During each, an honest peer on
another connection is served.

| Attack | What the peer sends | Side | CPU time | Memory in KiB | Resident in MiB | Goroutines |
|---|---|---|---:|---:|---:|---:|
`
