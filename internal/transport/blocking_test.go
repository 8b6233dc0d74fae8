package transport

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// fakeConn is a net.Conn whose reads and writes a test scripts.
type fakeConn struct {
	net.Conn
	read   func(p []byte) (int, error)
	write  func(p []byte) (int, error)
	closes *[]string
	name   string

	deadline *time.Time // the last one set, if not nil
}

func (c fakeConn) Read(p []byte) (int, error)  { return c.read(p) }
func (c fakeConn) Write(p []byte) (int, error) { return c.write(p) }
func (c fakeConn) SetWriteDeadline(at time.Time) error {
	if c.deadline != nil {
		*c.deadline = at
	}
	return nil
}
func (c fakeConn) Close() error {
	*c.closes = append(*c.closes, c.name)
	return nil
}

// recordingBuffer is a ReadBuffer that notes what it is asked for.
type recordingBuffer struct {
	sizes   []int
	waiting chan struct{} // receives a value for each Release, if it has space
	space   []byte
}

func (s *recordingBuffer) Space(size int) []byte {
	s.sizes = append(s.sizes, size)
	s.space = make([]byte, size)
	return s.space
}

func (s *recordingBuffer) Release() {
	select {
	case s.waiting <- struct{}{}:
	default:
	}
}

// A blocking connection accepts nothing without waiting.
func TestBlockingWriteAlwaysWaits(t *testing.T) {
	c := newBlocking(fakeConn{write: func([]byte) (int, error) {
		t.Error("a Write that does not wait has written, which may block")
		return 0, nil
	}})
	if n, err := c.Write(&Slices{[]byte("head"), []byte("body")}, false); n != 0 || err != ErrWouldBlock {
		t.Fatalf("Write returned %d, %v", n, err)
	}
}

func TestBlockingWriteProgress(t *testing.T) {
	other := errors.New("other")
	for _, tt := range []struct {
		takes int
		err   error
		n     int
		want  error
	}{
		{takes: 1 << 20, n: maxBlockingWrite},
		{takes: 1000, err: os.ErrDeadlineExceeded, n: 1000}, // slow, but not stalled
		{takes: 0, err: os.ErrDeadlineExceeded, n: 0, want: os.ErrDeadlineExceeded},
		{takes: 1000, err: other, n: 1000, want: other},
	} {
		t.Run(fmt.Sprintf("takes=%d,err=%v", tt.takes, tt.err), func(t *testing.T) {
			c := newBlocking(fakeConn{write: func(p []byte) (int, error) { return min(len(p), tt.takes), tt.err }})
			n, err := c.Write(&Slices{Head: make([]byte, 100<<10)}, true)
			if n != tt.n || err != tt.want {
				t.Fatalf("Write returned %d, %v, want %d, %v", n, err, tt.n, tt.want)
			}
		})
	}
}

// ownTimeout is an error of a conn that has one of its own for deadlines.
type ownTimeout struct{ error }

func (ownTimeout) Timeout() bool   { return true }
func (ownTimeout) Temporary() bool { return true }

// A write tries once more when its deadline has passed.
func TestBlockingWriteTriesAtDeadline(t *testing.T) {
	for _, timeout := range []error{os.ErrDeadlineExceeded, ownTimeout{errors.New("late")}} {
		for _, there := range []int{0, 700} {
			t.Run(fmt.Sprintf("%v,room=%d", timeout, there), func(t *testing.T) {
				var deadline time.Time
				tries := 0
				c := newBlocking(fakeConn{deadline: &deadline, write: func(p []byte) (int, error) {
					if tries++; tries == 1 {
						return 0, timeout
					}
					if deadline.IsZero() {
						t.Error("the last try may wait for ever")
					}
					return there, timeout
				}})
				n, err := c.Write(&Slices{Head: make([]byte, 1000)}, true)
				if n != there || (err == nil) != (there > 0) || there == 0 && !IsTimeout(err) {
					t.Errorf("Write returned %d, %v", n, err)
				}
				if tries != 2 || !deadline.IsZero() {
					t.Errorf("%d tries, and a deadline of %v is left", tries, deadline)
				}
			})
		}
	}
}

// A read waits with a small buffer and continues with a larger one.
func TestBlockingReadSpace(t *testing.T) {
	takes := []int{10, idleRead, busyRead, busyRead - 1, 1}
	c := newBlocking(fakeConn{read: func(p []byte) (int, error) {
		n := min(takes[0], len(p))
		takes = takes[1:]
		return n, nil
	}})
	buffer := new(recordingBuffer)
	for range 5 {
		if _, err := c.Read(buffer); err != nil {
			t.Fatal(err)
		}
	}
	if want := []int{idleRead, idleRead, busyRead, busyRead, idleRead}; !slices.Equal(buffer.sizes, want) {
		t.Fatalf("asked for room of %v, want %v", buffer.sizes, want)
	}
}

// A read that returns nothing is repeated a limited number of times.
func TestBlockingReadNothing(t *testing.T) {
	calls := 0
	c := newBlocking(fakeConn{read: func(p []byte) (int, error) {
		if calls++; calls == 3 {
			return copy(p, "abc"), nil
		}
		return 0, nil
	}})
	buffer := new(recordingBuffer)
	if n, err := c.Read(buffer); n != 3 || err != nil || string(buffer.space[:n]) != "abc" {
		t.Fatalf("Read returned %d, %v", n, err)
	}
	if n, err := c.Read(buffer); n != 0 || err != io.ErrNoProgress {
		t.Fatalf("Read returned %d, %v for a conn that brings nothing", n, err)
	}
}

// Bytes that are returned with an error are delivered.
func TestBlockingReadBytesWithError(t *testing.T) {
	left := strings.NewReader("abc")
	c := newBlocking(fakeConn{read: func(p []byte) (int, error) {
		n, _ := left.Read(p)
		return n, io.EOF
	}})
	buffer := new(recordingBuffer)
	if n, err := c.Read(buffer); n != 3 || err != nil {
		t.Fatalf("Read returned %d, %v, want 3 bytes", n, err)
	}
	if n, err := c.Read(buffer); n != 0 || err != io.EOF {
		t.Fatalf("Read returned %d, %v, want EOF", n, err)
	}
}

func TestBlockingCloseWriteUnsupported(t *testing.T) {
	if err := newBlocking(fakeConn{}).CloseWrite(); err != errors.ErrUnsupported {
		t.Fatalf("CloseWrite returned %v", err)
	}
	if err := newBlocking(halfCloser{}).CloseWrite(); err != io.ErrShortWrite {
		t.Fatalf("CloseWrite returned %v, want the conn's own answer", err)
	}
}

type halfCloser struct{ net.Conn }

func (halfCloser) CloseWrite() error { return io.ErrShortWrite }

type overConn struct {
	fakeConn
	under net.Conn
}

func (c overConn) NetConn() net.Conn { return c.under }

// Abort closes the innermost connection first.
func TestBlockingAbort(t *testing.T) {
	var closes []string
	under := fakeConn{closes: &closes, name: "tcp"}
	if err := newBlocking(overConn{fakeConn{closes: &closes, name: "tls"}, under}).Abort(); err != nil {
		t.Fatal(err)
	}
	if err := newBlocking(under).Abort(); err != nil {
		t.Fatal(err)
	}
	if want := []string{"tcp", "tls", "tcp"}; !slices.Equal(closes, want) {
		t.Fatalf("closed %v, want %v", closes, want)
	}
}
