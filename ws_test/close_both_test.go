package ws_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/handset-go/handset/ws"
)

// Both sides close at the same time while the client receives: only one goroutine reads.
func TestCloseBothSides(t *testing.T) {
	sessions := make(chan *ws.Session, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if session, stream, err := ws.Handle(w, r); err == nil {
			_ = stream.Discard()
			sessions <- session
		}
	}))
	defer server.Close()
	for range 1000 {
		client, stream, err := ws.Dial(t.Context(), "ws"+strings.TrimPrefix(server.URL, "http"))
		if err != nil {
			t.Fatal(err)
		}
		session := <-sessions
		var calls sync.WaitGroup
		calls.Go(func() {
			for {
				if msg, err := stream.Recv(t.Context()); err != nil || msg.Kind == ws.Close {
					return
				}
			}
		})
		calls.Go(func() { _ = session.Close(ws.CloseReason{}) })
		calls.Go(func() { _ = client.Close(ws.CloseReason{}) })
		calls.Wait()
		<-client.Done()
		<-session.Done()
	}
}
