package ws_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestTenThousandSessionsAreShutDownInTimeWithAGoodbyeToEach(t *testing.T) {
	sessions := 10_000
	if underRace || testing.Short() {
		sessions = 1_000
	}
	if room := descriptorLimit(); room < 2*sessions+200 {
		t.Logf("only %d descriptors may be open: with fewer sessions", room)
		sessions = room/2 - 200
	}
	u := new(ws.Upgrader)
	srv := serve(t, transports[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if session, stream, err := u.Handle(w, r); err == nil {
			go func() { _ = echo(session, stream.Aggregate(0)) }()
		}
	}))
	var group sync.WaitGroup
	var goodbyes atomic.Int32
	for range sessions {
		c := dial(t, srv, "")
		group.Go(func() {
			f, err := c.next()
			if err != nil || f.closeCode() != 1001 {
				t.Errorf("a client got %v, %v", f, err)
				return
			}
			goodbyes.Add(1)
			_, _ = c.conn.Write(closeFrame(1001))
			_, _ = c.next()
			c.conn.Close()
		})
	}
	for u.Stats().Sessions < sessions { // a client has its answer a moment before
		time.Sleep(time.Millisecond)
	}
	began := time.Now()
	if err := u.Shutdown(within(t)); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	group.Wait()
	t.Logf("%d sessions were shut down in %v", sessions, took)
	if took > 5*time.Second {
		t.Error("that is too long")
	}
	if n := int(goodbyes.Load()); n != sessions {
		t.Errorf("%d of %d clients had a goodbye", n, sessions)
	}
	stats := u.Stats()
	if stats.Sessions != 0 || stats.Ends["closed"] != uint64(sessions) || stats.ClosesSent[1001] != uint64(sessions) {
		t.Errorf("counted %+v", stats)
	}
}
