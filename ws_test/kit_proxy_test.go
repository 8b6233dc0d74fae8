package ws_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/handset-go/handset/internal/tooltest"
)

// proxy forwards between foreign clients and a server, and records what it forwards.
type proxy struct {
	url   string            // of the proxy, for clients
	conns chan *proxiedConn // those that have ended
}

// proxiedConn is one connection through a proxy.
type proxiedConn struct {
	path                   string
	offer, answer          string        // the Sec-WebSocket-Extensions
	fromClient, fromServer []wireMessage // the client's messages, and the server's
}

// wireMessage is a data message on the wire.
type wireMessage struct {
	frames, bytes int // bytes of payload
	compressed    bool
}

// newProxy starts a proxy of the server at addr.
func newProxy(t *testing.T, addr string) *proxy {
	t.Helper()
	l := listen(t)
	t.Cleanup(func() { l.Close() })
	tp := &proxy{"ws://" + l.Addr().String(), make(chan *proxiedConn, 100)}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return // the test is over
			}
			server, err := net.Dial("tcp", addr)
			if err != nil {
				t.Error(err)
				return
			}
			go func() { tp.conns <- forward(client.(*net.TCPConn), server.(*net.TCPConn)) }()
		}
	}()
	return tp
}

// forward forwards both directions until both have ended.
func forward(client, server *net.TCPConn) *proxiedConn {
	c := new(proxiedConn)
	for _, conn := range []net.Conn{client, server} {
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(tooltest.Patience))
	}
	var both sync.WaitGroup
	both.Go(func() {
		c.fromClient = forwardOneWay(client, server, func(br *bufio.Reader) error {
			r, err := http.ReadRequest(br)
			if err == nil {
				c.path, c.offer = r.URL.Path, strings.Join(r.Header.Values("Sec-WebSocket-Extensions"), ", ")
			}
			return err
		})
	})
	both.Go(func() {
		c.fromServer = forwardOneWay(server, client, func(br *bufio.Reader) error {
			r, err := http.ReadResponse(br, nil)
			if err == nil {
				c.answer = strings.Join(r.Header.Values("Sec-WebSocket-Extensions"), ", ")
			}
			return err
		})
	})
	both.Wait()
	return c
}

// forwardOneWay forwards one direction, and returns its data messages.
func forwardOneWay(from, to *net.TCPConn, handshake func(*bufio.Reader) error) (messages []wireMessage) {
	defer to.CloseWrite()
	br := bufio.NewReaderSize(io.TeeReader(from, to), 64<<10)
	err := handshake(br)
	for err == nil {
		var first byte
		var n int
		if first, n, err = skipFrame(br); err != nil || first&0x0F >= opClose {
			continue
		}
		if first&0x0F != opContinuation {
			messages = append(messages, wireMessage{compressed: first&rsv1 != 0})
		}
		if last := len(messages) - 1; last >= 0 {
			messages[last].frames++
			messages[last].bytes += n
		}
	}
	_, _ = io.Copy(io.Discard, br) // of a handshake that failed
	return messages
}

// skipFrame reads a frame of either side, without its payload.
func skipFrame(br *bufio.Reader) (first byte, n int, err error) {
	var h [10]byte
	if _, err := io.ReadFull(br, h[:2]); err != nil {
		return 0, 0, err
	}
	n = int(h[1] & 0x7F)
	switch {
	case n == 126:
		_, err = io.ReadFull(br, h[2:4])
		n = int(binary.BigEndian.Uint16(h[2:]))
	case n == 127:
		_, err = io.ReadFull(br, h[2:10])
		n = int(binary.BigEndian.Uint64(h[2:]))
	}
	key := int(h[1]>>7) * 4
	if err == nil {
		_, err = br.Discard(key + n)
	}
	return h[0], n, err
}
