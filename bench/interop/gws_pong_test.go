//go:build unix

package interop

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/handset-go/handset/ws"
)

// gwsPings is the event handler of gws by default, which answers every Ping with a Pong
// without payload, although RFC 6455 §5.5.3 requires that of the Ping.
type gwsPings struct {
	gws.BuiltinEventHandler
	pings chan string
}

func (h *gwsPings) OnPing(socket *gws.Conn, payload []byte) {
	h.BuiltinEventHandler.OnPing(socket, payload)
	select {
	case h.pings <- string(payload):
	default:
	}
}

// The heartbeat keeps a session whose server answers without payload, also over a
// connection whose socket is hidden: the next Ping is sent when something has arrived.
func TestInteropClientGwsPongWithoutPayload(t *testing.T) {
	h := &gwsPings{pings: make(chan string, 3)}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := gws.NewUpgrader(h, nil).Upgrade(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		go conn.ReadLoop()
	}))
	t.Cleanup(srv.Close)
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		return struct{ net.Conn }{conn}, err
	}}
	d := &ws.Dialer{
		HTTPClient: &http.Client{Transport: transport},
		Options:    ws.Options{Heartbeat: ws.Heartbeat{Interval: 10 * time.Millisecond, Timeout: time.Hour}},
	}
	session, stream, err := d.Dial(context.Background(), strings.Replace(srv.URL, "http", "ws", 1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = session.Close(ws.CloseReason{})
		<-session.Done()
	})
	if err := stream.Discard(); err != nil {
		t.Fatal(err)
	}
	for i := range cap(h.pings) {
		select {
		case <-h.pings:
		case <-time.After(20 * time.Second):
			t.Fatalf("%d Pings were sent", i)
		}
	}
}
