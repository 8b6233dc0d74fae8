package ws_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"
)

// script is the server's end of a connection whose client has written all its
// bytes and then closed. It decides what each read returns.
type script struct {
	mu        sync.Mutex
	changed   sync.Cond
	in        []byte // what the client wrote and no read has brought
	sizes     []int  // of the reads, repeated; 0 for one that is interrupted
	next      int    // the size of the next read, among the sizes
	brought   int    // how much of that came in reads with a shorter buffer
	interrupt func() // ends the context of the reader, once; nil for none
	heeded    bool   // somebody reads with that context
	expired   bool   // the read deadline has passed
	closed    bool
	out       []byte // what the server wrote
}

func newScript(in []byte, sizes ...int) *script {
	s := &script{in: in, sizes: sizes}
	s.changed.L = &s.mu
	return s
}

func (s *script) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := s.sizes[s.next%len(s.sizes)]
	if size == 0 && s.interrupt != nil {
		s.waitForInterrupt()
	}
	switch {
	case s.closed:
		return 0, net.ErrClosed
	case s.expired:
		return 0, os.ErrDeadlineExceeded
	case len(s.in) == 0:
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), max(size-s.brought, 1))], s.in)
	s.in, s.brought = s.in[n:], s.brought+n
	if s.brought >= size {
		s.next, s.brought = s.next+1, 0
	}
	return n, nil
}

// waitForInterrupt ends the reader's context and waits for that to end the read.
func (s *script) waitForInterrupt() {
	interrupt := s.interrupt
	s.interrupt, s.next = nil, s.next+1
	s.mu.Unlock()
	interrupt()
	s.mu.Lock()
	for s.heeded && !s.expired && !s.closed {
		s.changed.Wait()
	}
}

// interruptWith sets the function that ends the context of the next reads, nil
// if they have none.
func (s *script) interruptWith(interrupt func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.interrupt, s.heeded = interrupt, interrupt != nil
	s.changed.Broadcast()
}

func (s *script) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, net.ErrClosed
	}
	s.out = append(s.out, p...)
	return len(p), nil
}

func (s *script) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.changed.Broadcast()
	return nil
}

func (s *script) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expired = !t.IsZero() && !t.After(time.Now())
	s.changed.Broadcast()
	return nil
}

func (s *script) SetDeadline(t time.Time) error      { return s.SetReadDeadline(t) }
func (s *script) SetWriteDeadline(t time.Time) error { return nil }
func (s *script) LocalAddr() net.Addr                { return &net.TCPAddr{} }
func (s *script) RemoteAddr() net.Addr               { return &net.TCPAddr{} }

// readOnlyConn is a connection that can only be read.
type readOnlyConn struct {
	net.Conn
	io.Reader
}

func (c *readOnlyConn) Read(p []byte) (int, error) { return c.Reader.Read(p) }

// replies are the frames that the session wrote.
func (s *script) replies(t testing.TB, on side) []serverFrame {
	s.mu.Lock()
	defer s.mu.Unlock()
	return readAll(t, &client{t: t, br: bufio.NewReader(on.peerConn(&readOnlyConn{Reader: bytes.NewReader(s.out)}))})
}
