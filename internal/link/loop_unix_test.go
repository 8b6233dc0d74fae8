//go:build unix

package link

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"testing"
	"time"
)

func TestALoopReadsUntilItIsToldToStop(t *testing.T) {
	each(t, func(t *testing.T, c *polled, peer net.Conn) {
		want := bytes.Repeat([]byte("0123456789"), 50_000)
		wrote := started(func() (int, error) { return peer.Write(want) })
		var got []byte
		place := new(shelf)
		err := c.Loop(place, func(n int, err error) bool {
			if err != nil {
				t.Errorf("a read of the loop: %v", err)
				return false
			}
			got = append(got, place.space[:n]...)
			return len(got) < len(want)
		})
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("Loop returned %v after %d of %d bytes", err, len(got), len(want))
		}
		if r := await(t, wrote, "the peer's write"); r.err != nil {
			t.Fatal(r.err)
		}
		if _, err := peer.Write([]byte("abc")); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Read(place); n != 3 || err != nil {
			t.Fatalf("Read after Loop returned %d, %v", n, err)
		}
	})
}

func TestALoopAnswersEachReadAndSeesTheNext(t *testing.T) {
	each(t, func(t *testing.T, c *polled, peer net.Conn) {
		place := new(shelf)
		done := make(chan error, 1)
		go func() {
			done <- c.Loop(place, func(n int, err error) bool {
				if err == nil {
					_, err = c.Write(place.space[:n], nil, false)
				}
				return err == nil
			})
		}()
		p := make([]byte, 100)
		for range 1000 {
			if _, err := peer.Write([]byte("abc")); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(peer, p[:3]); err != nil {
				t.Fatal(err)
			}
		}
		peer.Close()
		if err := await(t, done, "the loop's end"); err != nil {
			t.Fatal(err)
		}
	})
}

func TestADeadlineEndsALoop(t *testing.T) {
	each(t, func(t *testing.T, c *polled, peer net.Conn) {
		place := &shelf{waiting: make(chan struct{}, 1)}
		done := make(chan error, 1)
		go func() { done <- c.Loop(place, func(int, error) bool { return true }) }()
		await(t, place.waiting, "the loop's wait")
		_ = c.SetReadDeadline(time.Unix(1, 0))
		if err := await(t, done, "the loop's end"); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("Loop returned %v", err)
		}
	})
}

func TestCloseEndsALoopThatWaitsAndClosesTheSocket(t *testing.T) {
	each(t, func(t *testing.T, c *polled, peer net.Conn) {
		place := &shelf{waiting: make(chan struct{}, 1)}
		reads := make(chan error, 10)
		done := make(chan error, 1)
		go func() {
			done <- c.Loop(place, func(n int, err error) bool {
				reads <- err
				return err == nil
			})
		}()
		await(t, place.waiting, "the loop's wait")
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		await(t, done, "the loop's end")
		expectClosed(t, c, peer)
	})
}

func TestCloseWithinALoopDoesNotWaitForIt(t *testing.T) {
	each(t, func(t *testing.T, c *polled, peer net.Conn) {
		if _, err := peer.Write([]byte("abc")); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() {
			done <- c.Loop(new(shelf), func(n int, err error) bool {
				_ = c.Close()
				return false
			})
		}()
		if err := await(t, done, "the loop's end"); err != nil {
			t.Fatal(err)
		}
		expectClosed(t, c, peer)
	})
}

func expectClosed(t *testing.T, c *polled, peer net.Conn) {
	t.Helper()
	if _, err := peer.Read(make([]byte, 1)); err != io.EOF {
		t.Fatalf("the peer's Read returned %v", err)
	}
	if _, err := c.Read(new(shelf)); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("Read of a closed socket returned %v", err)
	}
}

// A reset may arrive with the data before it, or at any later moment.
func TestALoopNeverSleepsThroughAReset(t *testing.T) {
	for i := range 300 {
		c, peer := sockets(t, "tcp")
		done := make(chan error, 1)
		go func() {
			place := new(shelf)
			_ = c.Loop(place, func(n int, err error) bool {
				if err != nil {
					done <- err
					return false
				}
				if i%3 > 0 {
					_, _ = c.Write(place.space[:n], nil, false)
				}
				return true
			})
		}()
		_, _ = peer.Write([]byte("abc"))
		if i%2 == 0 {
			_, _ = peer.Write([]byte("def"))
		}
		_ = peer.(*net.TCPConn).SetLinger(0)
		peer.Close()
		await(t, done, "the reset")
		c.Close()
	}
}

// While each runs, nobody else can enter RawConn.Read.
func TestTryReadReadsWhileTheLoopsBodyRuns(t *testing.T) {
	each(t, func(t *testing.T, c *polled, peer net.Conn) {
		other := new(shelf)
		try := func() (n int, err error) {
			for n, err = c.TryRead(other); err == ErrWouldBlock; n, err = c.TryRead(other) {
				runtime.Gosched()
			}
			return n, err
		}
		if _, err := peer.Write([]byte("first")); err != nil {
			t.Fatal(err)
		}
		err := c.Loop(new(shelf), func(n int, err error) bool {
			if n != 5 || err != nil {
				t.Errorf("read %d bytes, %v", n, err)
			}
			if n, err := c.TryRead(other); n != 0 || err != ErrWouldBlock {
				t.Errorf("with nothing there: %d, %v", n, err)
			}
			_, _ = peer.Write([]byte("second"))
			if n, err := try(); n != 6 || err != nil || string(other.space[:n]) != "second" {
				t.Errorf("read %d bytes, %v", n, err)
			}
			_ = peer.Close()
			if n, err := try(); n != 0 || err != io.EOF {
				t.Errorf("at the end: %d, %v", n, err)
			}
			return false
		})
		if err != nil {
			t.Error(err)
		}
	})
}
