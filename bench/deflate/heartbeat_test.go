//go:build unix

package deflate

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/handset-go/handset/ws"
)

// pinged is a client that answers Pings as it should, and tells of them.
type pinged struct {
	inbox
	pings chan int // the payloads' lengths
}

func (p *pinged) OnPing(conn *gws.Conn, payload []byte) {
	_ = conn.WritePong(payload)
	p.pings <- len(payload)
}

// Gws's client lets the payload of its Pongs into its compression window, so that
// with takeover every message after a Pong with a payload is another at the server.
func TestGwsClientsMessagesAreReceivedAsTheyWereAfterHeartbeats(t *testing.T) {
	for _, takeover := range []bool{false, true} {
		t.Run(fmt.Sprint("takeover=", takeover), func(t *testing.T) {
			c := ws.Frugal()
			if takeover {
				c = ws.Dense()
			}
			u := ws.Upgrader{Compression: c, Options: ws.Options{Heartbeat: ws.Heartbeat{Interval: 30 * time.Millisecond}}}
			latency := make(chan time.Duration, 100)
			u.Trace = &ws.Trace{HeartbeatAnswered: func(_ *ws.Session, d time.Duration) { latency <- d }}
			done := make(chan error, 1)
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				session, stream, err := u.Handle(w, r)
				if err != nil {
					done <- err
					return
				}
				for msg, err := range stream.Aggregate(0).All(context.Background()) {
					switch {
					case err != nil:
						done <- err
						return
					case msg.Kind == ws.Pong:
						t.Errorf("a Pong of %d bytes was delivered", len(msg.Data))
					case msg.Kind == ws.Text:
						_ = session.Send(context.Background(), msg)
					}
				}
				done <- nil
			}))
			defer srv.Close()
			client := &pinged{inbox{messages: make(chan received, 1)}, make(chan int, 100)}
			conn, _, err := gws.NewClient(client, &gws.ClientOption{
				Addr: strings.Replace(srv.URL, "http", "ws", 1),
				PermessageDeflate: gws.PermessageDeflate{Enabled: true, Threshold: 1,
					ServerContextTakeover: takeover, ClientContextTakeover: takeover,
					ServerMaxWindowBits: 15, ClientMaxWindowBits: 15},
			})
			if err != nil {
				t.Fatal(err)
			}
			go conn.ReadLoop()
			for i := range 10 {
				text := fmt.Sprintf(`{"id":%d,"text":"%s"}`, i, strings.Repeat("the same as before ", 20))
				if err := conn.WriteMessage(gws.OpcodeText, []byte(text)); err != nil {
					t.Fatal(err)
				}
				if _, got, err := client.receive(); err != nil || string(got) != text {
					t.Fatalf("message %d came back as %q, %v", i, got, err)
				}
				if n := <-client.pings; takeover != (n == 0) { // an idle interval
					t.Errorf("a Ping of %d bytes", n)
				}
				<-latency
			}
			conn.WriteClose(1000, nil)
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}
