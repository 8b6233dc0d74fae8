package group_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

// A function of a session's Trace may call Members, also when a delivery finds that the
// connection is lost. The peer has sent a Close frame, so that the session ends then, and
// reset the connection.
func TestTraceCallsMembers(t *testing.T) {
	gs := group.New(nil, group.Options{})
	ended := make(chan []*ws.Session, 1)
	joined := make(chan *ws.Session, 1)
	upgrader := ws.Upgrader{Options: ws.Options{Trace: &ws.Trace{SessionEnd: func(*ws.Session, error) {
		ended <- slices.Collect(gs.Members("x"))
	}}}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, stream, err := upgrader.Handle(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		if msg, err := stream.Recv(context.Background()); err != nil || msg.Kind != ws.Close {
			t.Errorf("received %v, %v", msg.Kind, err)
		}
		if err := gs.Join(context.Background(), "x", session); err != nil {
			t.Error(err)
		}
		joined <- session
	}))
	defer server.Close()
	resetAfterClose(t, server.URL)
	session := <-joined
	var publishing sync.WaitGroup
	publishing.Go(func() {
		for session.Err() == nil {
			publish(t, gs, "x", "hello")
		}
	})
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("the delivery has not returned")
	}
	publishing.Wait()
}

// resetAfterClose connects, sends a Close frame, and resets the connection.
func resetAfterClose(t *testing.T, url string) {
	t.Helper()
	var conn *net.TCPConn
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			conn = c.(*net.TCPConn)
		}
		return c, err
	}}
	dialer := ws.Dialer{HTTPClient: &http.Client{Transport: transport}}
	session, _, err := dialer.Dial(t.Context(), strings.Replace(url, "http", "ws", 1))
	if err != nil {
		t.Fatal(err)
	}
	session.Close(ws.CloseReason{})
	if err := conn.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	conn.Close()
}
