package ws_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/handset-go/handset/ws"
)

func TestEveryWayToBeCutHasItsError(t *testing.T) {
	part := masked(fin|opText, []byte("half of it"))[:9]
	for _, test := range []struct {
		name string
		cut  func(t *testing.T, c *net.TCPConn)
		is   error
	}{
		{name: "a reset", is: syscall.ECONNRESET, cut: func(t *testing.T, c *net.TCPConn) {
			_ = c.SetLinger(0)
			_ = c.Close()
		}},
		{name: "an end without a Close", is: io.ErrUnexpectedEOF, cut: func(t *testing.T, c *net.TCPConn) {
			_ = c.Close()
		}},
		{name: "an end inside a frame", is: io.ErrUnexpectedEOF, cut: func(t *testing.T, c *net.TCPConn) {
			_, _ = c.Write(part)
			_ = c.Close()
		}},
		{name: "the peer's writing side shut", is: io.ErrUnexpectedEOF, cut: func(t *testing.T, c *net.TCPConn) {
			_ = c.CloseWrite()
		}},
		{name: "the writing side shut inside a frame", is: io.ErrUnexpectedEOF, cut: func(t *testing.T, c *net.TCPConn) {
			_, _ = c.Write(part)
			_ = c.CloseWrite()
		}},
	} {
		for _, loop := range []bool{false, true} {
			t.Run(test.name, func(t *testing.T) {
				p := connect(t, ws.Upgrader{})
				end := make(chan error, 1)
				go func() { end <- receiveFrom(within(t), p.stream, loop, func(ws.Message) bool { return true }) }()
				test.cut(t, p.client.conn.(*net.TCPConn))
				err := await(t, end, "the stream's end")
				if !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, test.is) || !strings.HasPrefix(err.Error(), "ws: connection lost: ") {
					t.Errorf("the stream ended with %v, want %v", err, test.is)
				}
				expectOver(t, p.session, test.is)
			})
		}
	}
}
