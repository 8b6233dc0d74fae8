package ws_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// echoHandler sends back the messages it receives.
func echoHandler(u *ws.Upgrader) http.Handler {
	return u.Handler(func(session *ws.Session, stream *ws.MessageStream) {
		for msg, err := range stream.Aggregate(8 << 20).All(context.Background()) {
			if err != nil || msg.Kind == ws.Close {
				return
			}
			if msg.Kind == ws.Text || msg.Kind == ws.Binary {
				_ = session.Send(context.Background(), msg)
			}
		}
	})
}

func TestDialEchoes(t *testing.T) {
	for name, c := range map[string]ws.Compression{"plain": {}, "frugal": ws.Frugal(), "balanced": ws.Balanced(), "dense": ws.Dense()} {
		for _, start := range []func(http.Handler) *httptest.Server{httptest.NewServer, httptest.NewTLSServer} {
			server := start(echoHandler(&ws.Upgrader{Subprotocols: []string{"b", "a"}, Compression: c}))
			t.Cleanup(server.Close)
			t.Run(name+","+server.URL[:5], func(t *testing.T) {
				d := &ws.Dialer{HTTPClient: server.Client(), Subprotocols: []string{"a", "b"}, Compression: c}
				session, stream, err := d.Dial(t.Context(), "ws"+strings.TrimPrefix(server.URL, "http"))
				if err != nil {
					t.Fatal(err)
				}
				if got := session.Subprotocol(); got != "a" {
					t.Errorf("subprotocol %q, want a", got)
				}
				whole := stream.Aggregate(8 << 20)
				for _, n := range []int{0, 1, 125, 126, 4095, 4096, 65535, 65536, 3 << 20} {
					text := strings.Repeat("0123456789", n/10+1)[:n]
					if err := session.Text(t.Context(), text); err != nil {
						t.Fatal(err)
					}
					msg, err := whole.Recv(t.Context())
					if err != nil || msg.Kind != ws.Text || !bytes.Equal(msg.Data, []byte(text)) {
						t.Fatalf("len=%d: %v of %d bytes, %v", n, msg.Kind, len(msg.Data), err)
					}
				}
				_ = session.Close(ws.CloseReason{Code: ws.CloseNormal})
				for err = nil; err == nil; _, err = whole.Recv(t.Context()) {
				}
				if err != io.EOF {
					t.Errorf("the stream ends with %v", err)
				}
				<-session.Done()
				var closed *ws.CloseError
				if err := session.Err(); !errors.As(err, &closed) || closed.ByPeer || closed.Received.Code != ws.CloseNormal {
					t.Errorf("the session ends with %v", err)
				}
			})
		}
	}
}
