//go:build unix

package transport

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

const patience = 20 * time.Second

// sockets returns a nonblocking connection and the socket at its other end.
func sockets(t testing.TB, network string) (*nonblocking, net.Conn) {
	t.Helper()
	address := "127.0.0.1:0"
	if network != "tcp" {
		address = filepath.Join(t.TempDir(), "s")
	}
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	peer, err := net.Dial(network, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { peer.Close() })
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = peer.SetDeadline(time.Now().Add(patience))
	return New(conn).(*nonblocking), peer
}

// each runs a test over both kinds of socket.
func each(t *testing.T, test func(t *testing.T, c *nonblocking, peer net.Conn)) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			c, peer := sockets(t, network)
			test(t, c, peer)
		})
	}
}

// result is what a read or a write returned.
type result struct {
	n   int
	err error
}

func started(call func() (int, error)) <-chan result {
	c := make(chan result, 1)
	go func() {
		n, err := call()
		c <- result{n, err}
	}()
	return c
}

func await[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("%s did not come", what)
		panic("unreachable")
	}
}

// fill writes until the socket takes nothing more, and returns what it took. A busy kernel
// may have room again a little later.
func fill(t testing.TB, c *nonblocking) []byte {
	t.Helper()
	var taken []byte
	for i := range 10_000 {
		p := bytes.Repeat([]byte{byte(i)}, 10_000)
		n, err := c.Write(&Slices{p[:100], p[100:]}, false)
		taken = append(taken, p[:n]...)
		switch {
		case err == ErrWouldBlock && n == 0:
			return taken
		case err == nil && n != len(p), err != nil && err != ErrWouldBlock:
			t.Fatalf("Write returned %d, %v", n, err)
		}
	}
	t.Fatal("the socket takes everything")
	return nil
}

type embedsTCP struct{ *net.TCPConn }

// Only a real socket is read through its descriptor.
func TestNewNonblockingOnlySockets(t *testing.T) {
	each(t, func(t *testing.T, c *nonblocking, peer net.Conn) {
		if _, ok := New(peer).(*nonblocking); !ok {
			t.Fatalf("%T is not nonblocking", peer)
		}
	})
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	_, peer := sockets(t, "tcp")
	wrapper := embedsTCP{peer.(*net.TCPConn)} // it has a SyscallConn too
	for _, conn := range []net.Conn{wrapper, &wrapper, a} {
		if _, ok := New(conn).(*blocking); !ok {
			t.Errorf("%T is not blocking", conn)
		}
	}
	if c, ok := New(tls.Client(peer, nil)).(*tlsConn); !ok {
		t.Errorf("TLS is %T", c)
	}
}

func TestNonblockingWriteTakesWhatFits(t *testing.T) {
	each(t, func(t *testing.T, c *nonblocking, peer net.Conn) {
		want := fill(t, c)
		got := make([]byte, len(want))
		if _, err := io.ReadFull(peer, got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Fatal("other bytes arrived than Write said it took")
		}
	})
}

// Head and Body are written by one system call.
func TestNonblockingWriteOneSystemCall(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs a socket that keeps the borders of writes, and writev: Linux only")
	}
	c, peer := sockets(t, "unixpacket")
	for _, parts := range [][2]string{{"head", "body"}, {"head", ""}, {"", "body"}} {
		if n, err := c.Write(&Slices{[]byte(parts[0]), []byte(parts[1])}, false); err != nil || n != len(parts[0]+parts[1]) {
			t.Fatalf("Write returned %d, %v", n, err)
		}
		got := make([]byte, 100)
		n, err := peer.Read(got)
		if err != nil || string(got[:n]) != parts[0]+parts[1] {
			t.Fatalf("first packet is %q, %v, want %q", got[:n], err, parts[0]+parts[1])
		}
	}
}

// A write waits until the peer reads.
func TestNonblockingWriteWaits(t *testing.T) {
	each(t, func(t *testing.T, c *nonblocking, peer net.Conn) {
		taken := fill(t, c)
		wrote := started(func() (int, error) { return c.Write(&Slices{bytes.Repeat([]byte("x"), 16<<20), nil}, true) })
		if _, err := io.CopyN(io.Discard, peer, int64(len(taken))); err != nil {
			t.Fatal(err)
		}
		if r := await(t, wrote, "the write's progress"); r.n <= 0 || r.n == 16<<20 || r.err != nil {
			t.Fatalf("Write returned %d, %v, want a part and no error", r.n, r.err)
		}
	})
}

// A deadline interrupts a wait and can be removed.
func TestNonblockingDeadline(t *testing.T) {
	each(t, func(t *testing.T, c *nonblocking, peer net.Conn) {
		buffer := &recordingBuffer{waiting: make(chan struct{}, 1)}
		read := started(func() (int, error) { return c.Read(buffer) })
		await(t, buffer.waiting, "the reader's wait")
		_ = c.SetReadDeadline(time.Unix(1, 0))
		if r := await(t, read, "the read's end"); !errors.Is(r.err, os.ErrDeadlineExceeded) {
			t.Fatalf("Read returned %d, %v", r.n, r.err)
		}
		_ = c.SetReadDeadline(time.Time{})
		if _, err := peer.Write([]byte("abc")); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Read(buffer); n != 3 || err != nil {
			t.Fatalf("Read returned %d, %v", n, err)
		}

		taken := len(fill(t, c))
		n, err := 0, error(nil)
		for err == nil {
			_ = c.SetWriteDeadline(time.Now().Add(time.Millisecond))
			n, err = c.Write(&Slices{[]byte("late"), nil}, true)
			taken += n
		}
		if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("Write returned %d, %v", n, err)
		}
		_ = c.SetWriteDeadline(time.Time{})
		if _, err := io.CopyN(io.Discard, peer, int64(taken)); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Write(&Slices{[]byte("abc"), nil}, false); n != 3 || err != nil {
			t.Fatalf("Write returned %d, %v", n, err)
		}
	})
}

// A socket tells a writer that waits of room only when much of it is free.
func TestNonblockingWriteTriesAtDeadline(t *testing.T) {
	each(t, func(t *testing.T, c *nonblocking, peer net.Conn) {
		filled := fill(t, c)
		waits := started(func() (int, error) { return c.Write(&Slices{make([]byte, 1<<20), nil}, true) })
		// The peer takes a little of it, and again and again, until the kernel has
		// room for something without telling so.
		taken := 0
		for range 1000 {
			n, err := peer.Read(make([]byte, 16<<10))
			if err != nil {
				t.Fatal(err)
			}
			taken += n
			if err := c.SetWriteDeadline(time.Unix(1, 0)); err != nil {
				t.Fatal(err)
			}
			r := await(t, waits, "the write")
			if r.n > 0 {
				if r.err != nil {
					t.Fatalf("%d bytes and %v", r.n, r.err)
				}
				return
			}
			if !IsTimeout(r.err) {
				t.Fatal(r.err)
			}
			waits = started(func() (int, error) { return c.Write(&Slices{make([]byte, 1<<20), nil}, true) })
		}
		t.Fatalf("nothing was written though the peer took %d of %d bytes", taken, len(filled))
	})
}

// A deadline interrupts one write only.
func TestNonblockingDeadlineIsUsedOnce(t *testing.T) {
	each(t, func(t *testing.T, c *nonblocking, peer net.Conn) {
		for _, wait := range []bool{false, true} {
			_ = c.SetWriteDeadline(time.Unix(1, 0))
			for range 2 {
				if n, err := c.Write(&Slices{[]byte("hello"), nil}, wait); n != 5 || err != nil {
					t.Fatalf("wait %v: %d, %v", wait, n, err)
				}
			}
		}
	})
}

func TestNonblockingCloseEndsWaits(t *testing.T) {
	each(t, func(t *testing.T, c *nonblocking, peer net.Conn) {
		fill(t, c)
		buffer := &recordingBuffer{waiting: make(chan struct{}, 1)}
		read := started(func() (int, error) { return c.Read(buffer) })
		write := started(func() (n int, err error) {
			for err == nil {
				n, err = c.Write(&Slices{[]byte("x"), nil}, true)
			}
			return n, err
		})
		await(t, buffer.waiting, "the reader's wait")
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		for _, r := range []result{await(t, read, "the read's end"), await(t, write, "the write's end")} {
			if !errors.Is(r.err, net.ErrClosed) {
				t.Fatalf("got %d, %v, want a net.ErrClosed", r.n, r.err)
			}
		}
		if n, err := c.Write(&Slices{[]byte("x"), nil}, false); n != 0 || !errors.Is(err, net.ErrClosed) {
			t.Fatalf("Write returned %d, %v", n, err)
		}
	})
}

func TestNonblockingReadHoldsNoSpace(t *testing.T) {
	each(t, func(t *testing.T, c *nonblocking, peer net.Conn) {
		buffer := &recordingBuffer{waiting: make(chan struct{}, 1)}
		read := started(func() (int, error) { return c.Read(buffer) })
		await(t, buffer.waiting, "the reader's wait")
		if _, err := peer.Write([]byte("abc")); err != nil {
			t.Fatal(err)
		}
		if r := await(t, read, "the read"); r.n != 3 || r.err != nil || string(buffer.space[:3]) != "abc" {
			t.Fatalf("Read returned %d, %v", r.n, r.err)
		}
	})
}

// The end of the stream is io.EOF, and a reset is an error.
func TestNonblockingEOFAndReset(t *testing.T) {
	each(t, func(t *testing.T, c *nonblocking, peer net.Conn) {
		peer.Close()
		if n, err := c.Read(new(recordingBuffer)); n != 0 || err != io.EOF {
			t.Fatalf("Read returned %d, %v", n, err)
		}
	})
	c, peer := sockets(t, "tcp")
	_ = peer.(*net.TCPConn).SetLinger(0)
	peer.Close()
	var op *net.OpError
	n, err := c.Read(new(recordingBuffer))
	if n != 0 || !errors.Is(err, syscall.ECONNRESET) || !errors.As(err, &op) || op.Op != "read" {
		t.Fatalf("Read returned %d, %v", n, err)
	}
	n, err = c.Write(&Slices{[]byte("x"), nil}, false)
	if n != 0 || !errors.Is(err, syscall.EPIPE) || !errors.As(err, &op) || op.Op != "write" {
		t.Fatalf("Write returned %d, %v", n, err)
	}
}

// CloseWrite does not affect reads.
func TestNonblockingCloseWrite(t *testing.T) {
	each(t, func(t *testing.T, c *nonblocking, peer net.Conn) {
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if _, err := peer.Read(make([]byte, 1)); err != io.EOF {
			t.Fatalf("the peer's Read returned %v", err)
		}
		if _, err := peer.Write([]byte("abc")); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Read(new(recordingBuffer)); n != 3 || err != nil {
			t.Fatalf("Read returned %d, %v", n, err)
		}
	})
}

func TestNonblockingAllocatesNothing(t *testing.T) {
	each(t, func(t *testing.T, c *nonblocking, peer net.Conn) {
		in, p := make([]byte, 100), []byte("hello")
		buffer := &fixed{}
		exchange := func() {
			if _, err := c.Write(&Slices{p, nil}, false); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(peer, in[:5]); err != nil {
				t.Fatal(err)
			}
			if _, err := peer.Write(p); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Read(buffer); err != nil {
				t.Fatal(err)
			}
		}
		// What ends after another test allocates, too.
		allocs := math.Inf(1)
		for i := 0; i < 5 && allocs != 0; i++ {
			allocs = min(allocs, testing.AllocsPerRun(100, exchange))
		}
		if allocs != 0 {
			t.Fatalf("%v allocations for a read and a write", allocs)
		}
	})
}

// fixed is a ReadBuffer that never moves.
type fixed [100]byte

func (f *fixed) Space(int) []byte { return f[:] }
func (f *fixed) Release()         {}
