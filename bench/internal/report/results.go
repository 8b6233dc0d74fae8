package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/handset-go/handset/bench/internal/suite"
)

// Run is all there is to write down.
type Run struct {
	Runner   *suite.Runner
	Servers  []suite.Server
	Outcomes []suite.Outcome
	Date     time.Time
	Others   float64 // cores that other processes kept busy meanwhile
}

const (
	resultsFile  = "RESULTS.md"
	chartsFolder = "charts"
)

// Write writes RESULTS.md and the charts below folder.
func Write(folder string, run Run) error {
	charts := filepath.Join(folder, chartsFolder)
	if err := os.MkdirAll(charts, 0o755); err != nil {
		return err
	}
	var page bytes.Buffer
	head(&page, run)
	if verdicts := suite.Judge(suite.Targets, run.Outcomes); len(verdicts) > 0 {
		fmt.Fprintf(&page, "\n## Targets\n\n")
		markdown(&page, targets(verdicts, "**missed**"))
	}
	for _, outcome := range run.Outcomes {
		file := outcome.Workload.Name + ".svg"
		fmt.Fprintf(&page, "\n## %s\n\n%s.\n\n", outcome.Workload.Name, outcome.Workload.Title)
		markdown(&page, table(outcome))
		if drawn, err := chart(filepath.Join(charts, file), outcome); err != nil {
			return err
		} else if drawn {
			fmt.Fprintf(&page, "\n![%s](%s/%s)\n", outcome.Workload.Title, chartsFolder, file)
		}
	}
	return os.WriteFile(filepath.Join(folder, resultsFile), page.Bytes(), 0o644)
}

// method tells how the figures came about.
const method = `
Every server is a process of its own, pinned to the first core (GOMAXPROCS=1, one worker), and driven by a load
generator pinned to the second: one thread, one edge-triggered epoll, frames masked beforehand, every byte that comes
back compared with what was sent. The workloads at the end run unpinned on both cores instead (GOMAXPROCS=2).

A measurement starts the server anew, opens the connections, warms up for a fifth of the time and measures for the
rest. In each round every server has its turn, beginning with another one each time. A ratio is taken within a round;
the tables show the median of the rounds and, in brackets, the least and the greatest. Figures without brackets are
medians. The machine's speed changes from minute to minute, so compare ratios, not figures of different tables.

CPU is user and system time of the whole server process by the kernel's own clock for it. Memory is the resident set
by smaps_rollup, after garbage collection, less what it was with no connection open, divided by the connections.
Latency is counted from when a message was due, not from when it could be sent, so a server that stands still pays for
all that should have happened meanwhile (no coordinated omission); it goes into an HDR histogram of three digits.

Compression is off unless a workload's title speaks of it. Then it is permessage-deflate at level 1, which is the
default of gws and gorilla, all that coder has, and set for node-ws (6 otherwise) and handset; no server's threshold
spares a message. The messages are JSON documents that differ from one another, at least 64 of them and 64 KiB, the
windows 32 KiB for the peers; handset at that level looks back 8 KiB when it sends. With takeover they are full before
anything is measured. Answers are inflated and compared with what was sent, too: each distinct one once, and those that
are the same, byte for byte, after the same text, by their bytes. Bytes on the wire are what the server sends, with the
headers of frames and without those of TCP. Text is checked as UTF-8 everywhere, by the server where the library does
not.

The members of a group connect, and one of them publishes: the next message when all members have the one before, each
member's bytes being compared as everywhere. The first 16 messages are not measured, because Linux acknowledges those of
a new connection at once; what is measured begins and ends between two messages. Members that never read have full
queues before that. "Without the dead" is the same process, measured again once they have gone. handset-group is package
group, which closes the session of a slow member, and handset-group-drop the same with the policy that drops messages
for it; handset-loop is a loop over a map of sessions with a prepared message, and handset-sessions a loop over all
sessions of the Upgrader. gws has its Broadcaster and a map, gorilla the hub of its chat example with prepared messages;
groups are what melody and centrifuge are made for. A member of centrifuge receives 46 B more for each message, which
are its protocol.

raw is a hand-written loop over net.Conn: one read, unmask in place, one write for each read; the ceiling for one
goroutine per connection. The handset rows differ in how the application receives: Recv, All or Chan on the stream as
it is (long messages come in chunks), and "whole" through Aggregate, which is what the other libraries do. Which rows
a workload has depends on where these differ. Servers that do no more than echo are in the workloads that ask for no
more. All are written as their libraries' own examples are, with the default sizes of buffers, which for reading are
128 KiB in tungstenite.

The tables of clients measure client libraries, by the same loads the other way round. The client is the process on the
first core; it opens the connections, and sends every message back. The load generator, on the second, accepts them,
sends frames built beforehand, and compares what comes back once it is unmasked. Clients, too, are written as their
libraries' examples are. raw is a loop that masks the frames of a read into a second buffer and writes them at once.
gorilla has the buffers that its documentation advises: as long as the longest message, within 4 KiB and 64 KiB, those for
writing from a pool.

What an idle connection costs depends on how the program is written, so there are more rows of that. A loop over a
connection's messages runs in a goroutine of its own, and net/http's buffers go when its handler returns; coder's README
has it in the handler. "in-handler" and "in-goroutine" are the same programs the other way round. "readme" is Aggregate
and All in a goroutine, as in handset's README, "handler" the same program by ws.Handler, and "closures" the same with an
application's closures called from the loop.
`

func head(w io.Writer, run Run) {
	fmt.Fprintf(w, "# Results\n\nWritten by `cmd/bench` on %s; do not edit.\n\n", run.Date.Format("2 January 2006"))
	fmt.Fprintf(w, "%d rounds of %.3g s for each server and workload, on this machine:\n\n", run.Runner.Rounds, run.Runner.Seconds)
	markdown(w, slices.Concat([][]string{{"machine", ""}}, machine(), [][]string{
		{"other processes", fmt.Sprintf("kept %.2f cores busy meanwhile", run.Others)},
	}))
	fmt.Fprintln(w)
	markdown(w, versions(run))
	fmt.Fprintf(w, "\n## Method\n%s", method)
}

// versions says what each server was built from, or why it was not.
func versions(run Run) [][]string {
	cells := [][]string{{"server", "version"}}
	for _, server := range run.Servers {
		version, err := run.Runner.Version(server)
		if err != nil {
			version = failure(err)
		}
		cells = append(cells, []string{server.Name, version})
	}
	return cells
}

// targets are verdicts as cells, the header first.
func targets(verdicts []suite.Verdict, missed string) [][]string {
	cells := [][]string{{"workload", "server", "figure", "target", "measured", ""}}
	for _, verdict := range verdicts {
		target := verdict.Target
		measured, judgement := ratio(verdict.Spread), missed
		if verdict.Best == "" {
			measured = target.Figure.Format(verdict.Spread.Median)
		} else if len(target.To.Servers) > 1 {
			measured += " × " + verdict.Best
		}
		if verdict.Met() {
			judgement = "met"
		}
		cells = append(cells, []string{target.Workload, target.Server, target.Figure.String(), target.LimitText(), measured, judgement})
	}
	return cells
}

// markdown writes a table, the first line of cells being its head.
func markdown(w io.Writer, cells [][]string) {
	for i, line := range cells {
		for j, cell := range line {
			line[j] = strings.ReplaceAll(strings.ReplaceAll(cell, "|", "\\|"), "\n", " ")
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(line, " | "))
		if i == 0 {
			fmt.Fprintf(w, "|%s\n", strings.Repeat("---|", len(line)))
		}
	}
}
