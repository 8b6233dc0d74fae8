//go:build unix

package ws_test

import (
	"net"
	"syscall"
	"testing"

	"github.com/handset-go/handset/ws"
)

// A send on an idle session has reached the peer's socket when it returns.
func TestSendOnIdleSessionIsImmediate(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for _, kind := range []ws.Kind{ws.Text, ws.Binary, ws.Ping, ws.Pong} {
			p := on.connectUnix(t, "unix", &ws.Upgrader{}, nil)
			if err := p.session.Send(testContext(t), ws.Message{Kind: kind, Data: []byte("hello")}); err != nil {
				t.Fatal(err)
			}
			if n := p.session.Buffered(); n != 0 {
				t.Fatalf("%v: %d bytes are still buffered when the send has returned", kind, n)
			}
			raw, err := underlying(p.client.conn).(*net.UnixConn).SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			n, err, b := 0, error(nil), make([]byte, 100)
			_ = raw.Read(func(fd uintptr) bool {
				n, err = syscall.Read(int(fd), b)
				return true // rather than wait
			})
			if got := p.on.sent(b[:n]); len(got) != 7 || string(got[2:]) != "hello" {
				t.Fatalf("%v: read %d bytes, %v, when the send had returned", kind, n, err)
			}
		}
	})
}
