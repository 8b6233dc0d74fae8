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
)

// tap stands between foreign clients and a server, and tells what has passed.
type tap struct {
	url   string     // of the tap's own, for clients
	calls chan *call // those that are over
}

// call is one connection that has passed through a tap.
type call struct {
	path          string
	offer, answer string   // the Sec-WebSocket-Extensions
	said, heard   []passed // the client's messages, and the server's
}

// passed is a data message as it went over the wire.
type passed struct {
	frames, bytes int // bytes of payload
	packed        bool
}

// tapOn taps the server at addr.
func tapOn(t *testing.T, addr string) *tap {
	t.Helper()
	l := listen(t)
	t.Cleanup(func() { l.Close() })
	tp := &tap{"ws://" + l.Addr().String(), make(chan *call, 100)}
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
			go func() { tp.calls <- listenIn(client.(*net.TCPConn), server.(*net.TCPConn)) }()
		}
	}()
	return tp
}

// listenIn passes on what either end says until both have ended.
func listenIn(client, server *net.TCPConn) *call {
	c := new(call)
	for _, conn := range []net.Conn{client, server} {
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(toolPatience))
	}
	var both sync.WaitGroup
	both.Go(func() {
		c.said = passOn(client, server, func(br *bufio.Reader) error {
			r, err := http.ReadRequest(br)
			if err == nil {
				c.path, c.offer = r.URL.Path, strings.Join(r.Header.Values("Sec-WebSocket-Extensions"), ", ")
			}
			return err
		})
	})
	both.Go(func() {
		c.heard = passOn(server, client, func(br *bufio.Reader) error {
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

// passOn passes on what one end says, and returns its data messages.
func passOn(from, to *net.TCPConn, handshake func(*bufio.Reader) error) (messages []passed) {
	defer to.CloseWrite()
	br := bufio.NewReaderSize(io.TeeReader(from, to), 64<<10)
	err := handshake(br)
	for err == nil {
		var first byte
		var n int
		if first, n, err = passFrame(br); err != nil || first&0x0F >= opClose {
			continue
		}
		if first&0x0F != opContinuation {
			messages = append(messages, passed{packed: first&rsv1 != 0})
		}
		if last := len(messages) - 1; last >= 0 {
			messages[last].frames++
			messages[last].bytes += n
		}
	}
	_, _ = io.Copy(io.Discard, br) // of a handshake that failed
	return messages
}

// passFrame reads over a frame of either side's.
func passFrame(br *bufio.Reader) (first byte, n int, err error) {
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
