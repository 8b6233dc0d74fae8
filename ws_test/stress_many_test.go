package ws_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// TestTenThousandClients is the clients' half of the test below: its input is how many there
// are, and the address of the server.
func TestTenThousandClients(t *testing.T) {
	count, addr, ok := strings.Cut(childInput("TenThousandClients"), " ")
	if !ok {
		t.Skip("this is half of another test")
	}
	n, err := strconv.Atoi(count)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range n {
		c := dial(t, remoteServer(addr), "")
		_ = c.conn.SetDeadline(time.Now().Add(3 * testTimeout)) // for all the others to connect
		group.Go(func() {
			f, err := c.next()
			if err != nil || f.closeCode() != 1001 {
				t.Errorf("a client got %v, %v", f, err)
				return
			}
			_, _ = c.conn.Write(closeFrame(1001))
			if f, err := c.next(); err == nil {
				t.Errorf("after the Close frame came %v", f)
			}
			c.conn.Close()
		})
	}
	group.Wait()
}

// TestShutdownOfTenThousandSessions has its clients in another
// process, as each may have no more descriptors than its limit. (Package
// os has raised that to the hard one.) No message is sent that could be compressed.
func TestShutdownOfTenThousandSessions(t *testing.T) {
	sessions := 10_000
	if raceDetector || testing.Short() { // the detector allows 8,128 goroutines, and there are two for each session
		sessions = 1_000
	}
	if limit := descriptorLimit(); limit < sessions+500 {
		t.Skipf("NOT TESTED: %d sessions need as many descriptors, and the hard limit is %d", sessions, limit)
	}
	before := descriptors()
	defer profileTimers()()
	entered, all := atomic.Int32{}, make(chan struct{})
	u := &ws.Upgrader{Options: ws.Options{
		CloseTimeout: testTimeout,
		Trace: &ws.Trace{SessionStart: func(*ws.Session) {
			if entered.Add(1) == int32(sessions) {
				close(all)
			}
		}},
	}}
	srv := serve(t, transports[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if session, stream, err := u.Handle(w, r); err == nil {
			go func() { _ = echo(session, stream.Aggregate(0)) }()
		}
	}))
	clients := startChild(t, "TenThousandClients", strconv.Itoa(sessions)+" "+srv.Listener.Addr().String())
	select {
	case <-all:
	case <-time.After(3 * testTimeout):
		t.Fatalf("only %d of %d sessions began", entered.Load(), sessions)
	}
	began, cpuBegan := time.Now(), cpuTime()
	if err := u.Shutdown(testContext(t)); err != nil {
		t.Fatal(err)
	}
	used := cpuTime() - cpuBegan // unlike time, it does not depend on what else the machine does
	t.Logf("%d sessions were shut down in %v, with %v of CPU time", sessions, time.Since(began), used)
	if used > 20*time.Second {
		t.Error("that is too much")
	}
	if output, err := clients(); err != nil {
		t.Errorf("the clients: %v\n%s", err, output)
	}
	stats := u.Stats()
	if stats.Sessions != 0 || stats.Ends[ws.EndClosed] != uint64(sessions) || stats.ClosesSent[1001] != uint64(sessions) {
		t.Errorf("counted %+v", stats)
	}
	srv.Close()
	if left := leftovers(before); left != "" {
		t.Error("left behind:", left)
	}
	expectNoTimers(t)
}
