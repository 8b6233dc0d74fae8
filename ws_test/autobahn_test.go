package ws_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
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

// autobahnPatience bounds a run of Autobahn|Testsuite, which takes minutes.
const autobahnPatience = time.Hour

// autobahnInformational are the cases whose outcome RFC 6455 leaves open; the suite
// reports what happened as INFORMATIONAL.
var autobahnInformational = []string{"7.1.6", "7.13.1", "7.13.2"}

// TestAutobahnServer has the suite's client run its cases against a server.
func TestAutobahnServer(t *testing.T) {
	suite := newAutobahn(t)
	u := &ws.Upgrader{Compression: ws.Dense()}
	srv := serve(t, transports[0], u.Handler(wireEcho("All")))
	ctx, cancel := context.WithTimeout(t.Context(), autobahnPatience)
	defer cancel()
	suite.run(ctx, t, "fuzzingclient", map[string]any{
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
	ctx, cancel := context.WithTimeout(t.Context(), autobahnPatience)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		suite.run(ctx, t, "fuzzingserver", map[string]any{"url": "ws://" + address})
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
	autobahnDial(ctx, t, d, "ws://"+address+"/getCaseCount", func(_ *ws.Session, stream *ws.MessageStream) {
		msg, err := stream.Aggregate(0).Recv(ctx)
		if err := errors.Join(err, json.Unmarshal(msg.Data, &count)); err != nil {
			t.Fatal(err)
		}
	})
	for i := range count {
		autobahnDial(ctx, t, d, "ws://"+address+"/runCase?agent=handset&case="+strconv.Itoa(i+1), wireEcho("All"))
	}
	autobahnDial(ctx, t, d, "ws://"+address+"/updateReports?agent=handset", wireEcho("All"))
	suite.check(t)
}

// autobahnDial runs a session of a Dialer.
func autobahnDial(ctx context.Context, t *testing.T, d *ws.Dialer, url string, run func(*ws.Session, *ws.MessageStream)) {
	t.Helper()
	session, stream, err := d.Dial(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	run(session, stream)
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

// run runs the suite in a mode until it ends, or ctx.
func (a *autobahn) run(ctx context.Context, t *testing.T, mode string, spec map[string]any) {
	spec["outdir"] = a.dir
	spec["cases"] = []string{autobahnCases()}
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
	cmd.Dir, cmd.WaitDelay = a.dir, 5*time.Second
	output, err := cmd.CombinedOutput()
	if err != nil && ctx.Err() != context.Canceled {
		t.Errorf("%v: %v\n%s", cmd, err, output)
	}
}

// autobahnCases is the pattern of the cases to run.
func autobahnCases() string { return cmp.Or(os.Getenv("HANDSET_AUTOBAHN_CASES"), "*") }

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
	if n := len(report["handset"]); n == 0 || autobahnCases() == "*" && n != 517 {
		t.Errorf("%d cases were run", n)
	}
}
