package ws_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestCloseTimeoutOfSilentPeer(t *testing.T) {
	for _, u := range []*ws.Upgrader{{}, {Options: ws.Options{CloseTimeout: time.Hour}}} {
		inSynctest(t, u, func(t *testing.T, p *pair) {
			start, want := time.Now(), max(u.CloseTimeout, 5*time.Second)
			if err := p.session.Close(ws.CloseReason{}); err != nil {
				t.Fatal(err)
			}
			p.expect(opClose, "")
			<-p.session.Done()
			if got := time.Since(start); got != want {
				t.Fatalf("closing took %v, want %v", got, want)
			}
			if err := p.session.Err(); err != ws.ErrCloseTimeout {
				t.Fatalf("the session ended with %v", err)
			}
			if err := p.session.Text(t.Context(), "late"); !errors.Is(err, ws.ErrClosed) {
				t.Fatalf("a send returned %v", err)
			}
		})
	}
}

// A peer that goes on sending does not extend the close timeout.
func TestCloseTimeoutOfSendingPeer(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		start := time.Now()
		if err := p.session.Close(ws.CloseReason{}); err != nil {
			t.Fatal(err)
		}
		stopped := make(chan error)
		go func() {
			for err := error(nil); err == nil; time.Sleep(time.Second) {
				_, err = p.client.conn.Write(masked(fin|opText, []byte("more")))
			}
			close(stopped)
		}()
		p.expect(opClose, "")
		<-p.session.Done()
		if got := time.Since(start); got != 5*time.Second || p.session.Err() != ws.ErrCloseTimeout {
			t.Fatalf("closing took %v and ended with %v", got, p.session.Err())
		}
		<-stopped
	})
}

func TestCloseTimeoutOverTransports(t *testing.T) {
	t.Parallel()
	overTransports(t, &ws.Upgrader{Options: ws.Options{CloseTimeout: time.Second}}, func(t *testing.T, p *pair) {
		end := receiveAll(p)
		if err := p.session.Close(ws.CloseReason{}); err != nil {
			t.Fatal(err)
		}
		p.expect(opClose, "")
		expectSessionEnd(t, p.session, ws.ErrCloseTimeout)
		if err := await(t, end, "the stream's end"); !errors.Is(err, ws.ErrCloseTimeout) || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("the stream ended with %v", err)
		}
		p.expectEnd()
	})
}

// Close on a peer that reads nothing ends after CloseTimeout.
func TestCloseTimeoutOfStalledPeer(t *testing.T) {
	t.Parallel()
	overTransports(t, &ws.Upgrader{Options: ws.Options{CloseTimeout: 50 * time.Millisecond}}, func(t *testing.T, p *pair) {
		sent := make(chan error, 1)
		started := make(chan struct{})
		go func() {
			close(started)
			for {
				if err := p.session.Binary(context.Background(), make([]byte, 10_000)); err != nil {
					sent <- err
					return
				}
			}
		}()
		<-started
		for p.session.Buffered() < 50_000 { // from where on a frame may be refused
			fillQueue(t, p.session, strings.Repeat("x", 10_000))
		}
		if err := p.session.Close(ws.CloseReason{}); err != nil {
			t.Fatal(err)
		}
		if err := await(t, sent, "the send's end"); !errors.Is(err, ws.ErrClosed) {
			t.Fatalf("the send returned %v", err)
		}
		expectSessionEnd(t, p.session, ws.ErrCloseTimeout)
	})
}

// Thousands of sessions that close at once on silent peers all end in time.
func TestCloseTimeoutOfThousands(t *testing.T) {
	sessions := 10_000
	if raceDetector || testing.Short() { // two goroutines each, and the detector allows 8,128
		sessions = 2_000
	}
	start := time.Now()
	synctest.Test(t, func(t *testing.T) {
		u := &ws.Upgrader{Options: ws.Options{Heartbeat: noHeartbeat}}
		var all []*ws.Session
		for range sessions {
			end, _ := net.Pipe()
			session, _, err := u.Handle(&responseWriter{conn: end}, request())
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, session)
		}
		began := time.Now()
		for _, session := range all {
			_ = session.Close(ws.CloseReason{})
		}
		for _, session := range all {
			<-session.Done()
			if took := time.Since(began); took != 5*time.Second || session.Err() != ws.ErrCloseTimeout {
				t.Fatalf("a session ended after %v with %v", took, session.Err())
			}
		}
	})
	if took := time.Since(start); took > testTimeout/2 { // 0.2 s on an idle machine
		t.Errorf("it took %v", took)
	}
}
