package ws_test

import (
	"net/http"
	"testing"

	"github.com/handset-go/handset/ws"
)

func TestHandleBehindWrappedWriter(t *testing.T) {
	for name, wrap := range wrappers {
		for _, over := range transports {
			t.Run(name+","+over.name, func(t *testing.T) {
				srv := serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w = wrap(w)
					http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
					session, stream, err := ws.Handle(w, r)
					if err != nil {
						t.Error(err)
						return
					}
					go func() { _ = echo(session, stream.Aggregate(0)) }()
				}))
				c, answer := handshakeWith(t, srv, request())
				if answer.StatusCode != 101 || len(answer.Cookies()) != 1 {
					t.Fatalf("answered with %s %v", answer.Status, answer.Header)
				}
				expectEcho(t, c)
			})
		}
	}
}

func TestRefusalThroughWrappedWriter(t *testing.T) {
	for name, wrap := range wrappers {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, transports[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if _, _, err := ws.Handle(wrap(w), r); err == nil {
					t.Error("Handle returned no error")
				}
			}))
			_, answer := handshakeWith(t, srv, request("Origin", "https://evil.example"))
			if answer.StatusCode != 403 {
				t.Fatalf("answered with %s", answer.Status)
			}
		})
	}
}
