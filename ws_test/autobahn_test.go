package ws_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// autobahnPatience bounds a run of Autobahn|Testsuite: a few minutes on an idle machine.
const autobahnPatience = 80 * time.Minute

// autobahnInformational are the cases whose outcome RFC 6455 leaves open; the suite
// reports what happened as INFORMATIONAL.
var autobahnInformational = []string{"7.1.6", "7.13.1", "7.13.2"}

// TestAutobahnServer has the suite's client run its cases against a server.
func TestAutobahnServer(t *testing.T) {
	suite := newAutobahn(t)
	u := &ws.Upgrader{Compression: ws.Dense()}
	srv := serve(t, transports[0], u.Handler(func(session *ws.Session, stream *ws.MessageStream) {
		_ = echo(session, stream.Aggregate(16*mebibyte))
	}))
	suite.run(t, "fuzzingclient", map[string]any{
		"servers": []any{map[string]any{"agent": "handset", "url": "ws" + strings.TrimPrefix(srv.URL, "http")}},
	})
	suite.check(t)
}

// TestAutobahnClient has the suite's server run its cases against a client.
func TestAutobahnClient(t *testing.T) {
	suite := newAutobahn(t)
	l := listen(t)
	address := l.Addr().String()
	l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		suite.runUntil(ctx, t, "fuzzingserver", map[string]any{"url": "ws://" + address})
	}()
	defer func() { cancel(); <-ended }()
	waitUntil(t, "the suite's server listens", func() bool {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	d := &ws.Dialer{Compression: ws.Dense()}
	var count int
	autobahnDial(t, d, address, "/getCaseCount", func(_ *ws.Session, msg ws.Message) error {
		return json.Unmarshal(msg.Data, &count)
	})
	for i := range count {
		autobahnDial(t, d, address, "/runCase?agent=handset&case="+strconv.Itoa(i+1), func(s *ws.Session, msg ws.Message) error {
			return s.Send(ctx, msg)
		})
	}
	autobahnDial(t, d, address, "/updateReports?agent=handset", nil)
	suite.check(t)
}

// autobahnDial opens a session and calls message for what it receives until it ends. How
// it ends is up to the suite.
func autobahnDial(t *testing.T, d *ws.Dialer, address, path string, message func(*ws.Session, ws.Message) error) {
	t.Helper()
	session, stream, err := d.Dial(t.Context(), "ws://"+address+path)
	if err != nil {
		t.Fatal(err)
	}
	for msg, err := range stream.Aggregate(16 * mebibyte).All(t.Context()) {
		if err == nil && (msg.Kind == ws.Text || msg.Kind == ws.Binary) {
			err = message(session, msg)
		}
		if err != nil {
			break
		}
	}
	_ = session.Close(ws.CloseReason{})
	await(t, session.Done(), "the session's end")
}

// autobahn is Autobahn|Testsuite and where it reports to.
type autobahn struct{ program, dir string }

// newAutobahn skips the test unless HANDSET_AUTOBAHN names the program of the suite, as
// `make autobahn` does. The reports are left in HANDSET_AUTOBAHN_REPORTS if that is set.
func newAutobahn(t *testing.T) *autobahn {
	t.Helper()
	program := os.Getenv("HANDSET_AUTOBAHN")
	if program == "" {
		t.Skip("this test is run by make autobahn")
	}
	dir := t.TempDir()
	if reports := os.Getenv("HANDSET_AUTOBAHN_REPORTS"); reports != "" {
		dir = filepath.Join(reports, t.Name())
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return &autobahn{program, dir}
}

// run runs the suite in a mode until it has run all cases.
func (a *autobahn) run(t *testing.T, mode string, spec map[string]any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), autobahnPatience)
	defer cancel()
	a.runUntil(ctx, t, mode, spec)
	if err := ctx.Err(); err != nil {
		t.Fatalf("the suite did not end: %v", err)
	}
}

// runUntil runs the suite until ctx ends.
func (a *autobahn) runUntil(ctx context.Context, t *testing.T, mode string, spec map[string]any) {
	spec["outdir"] = a.dir
	spec["cases"] = []string{cmp.Or(os.Getenv("HANDSET_AUTOBAHN_CASES"), "*")}
	spec["exclude-cases"], spec["exclude-agent-cases"] = []string{}, map[string]any{}
	file := filepath.Join(a.dir, "spec.json")
	b, err := json.Marshal(spec)
	if err == nil {
		err = os.WriteFile(file, b, 0o600)
	}
	if err != nil {
		t.Error(err)
		return
	}
	cmd := exec.CommandContext(ctx, a.program, "--mode", mode, "--spec", file, "--webport", "0")
	cmd.Dir = a.dir
	output, err := cmd.CombinedOutput()
	if err != nil && ctx.Err() == nil {
		t.Errorf("%v: %v\n%s", cmd, err, output)
	}
}

// check reads the suite's report: every case must have passed strictly.
func (a *autobahn) check(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(a.dir, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var report map[string]map[string]struct{ Behavior, BehaviorClose string }
	if err := json.Unmarshal(b, &report); err != nil {
		t.Fatal(err)
	}
	counts := make(map[string]int)
	for id, got := range report["handset"] {
		counts[got.Behavior]++
		want := "OK"
		if slices.Contains(autobahnInformational, id) {
			want = "INFORMATIONAL"
		}
		if got.Behavior != want || got.BehaviorClose != want {
			t.Errorf("case %s: %s, and the close %s", id, got.Behavior, got.BehaviorClose)
		}
	}
	var summary []string
	for _, behavior := range slices.Sorted(maps.Keys(counts)) {
		summary = append(summary, fmt.Sprint(counts[behavior], " ", behavior))
	}
	t.Logf("of %d cases: %s", len(report["handset"]), strings.Join(summary, ", "))
	if len(report["handset"]) == 0 {
		t.Error("no case was run")
	}
}
