package wstest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// overTCP returns the two ends of a TCP connection.
func overTCP(t *testing.T) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	for _, c := range []net.Conn{client, server} {
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	}
	return client, server
}

// expectRead reads text, and then an end with the error want, unless it is nil.
func expectRead(t *testing.T, c net.Conn, text string, want error) {
	t.Helper()
	got := make([]byte, len(text))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != text {
		t.Fatalf("read %q, %v, want %q", got, err, text)
	}
	if want == nil {
		return
	}
	if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.Is(err, want) {
		t.Fatalf("read %d bytes, %v, want %v", n, err, want)
	}
}

func write(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

func TestWrapConn(t *testing.T) {
	for _, tt := range []struct {
		name string
		test func(t *testing.T, n *wstest.Network, wrapped, peer net.Conn)
	}{
		{"carries bytes both ways", func(t *testing.T, _ *wstest.Network, wrapped, peer net.Conn) {
			write(t, wrapped, "up")
			expectRead(t, peer, "up", nil)
			write(t, peer, "down")
			expectRead(t, wrapped, "down", nil)
		}},
		{"delivers what was written before Close", func(t *testing.T, n *wstest.Network, wrapped, peer net.Conn) {
			n.SetLatency(wstest.Up, 10*time.Millisecond)
			write(t, wrapped, "last")
			wrapped.Close()
			write(t, peer, "ignored")
			expectRead(t, peer, "last", io.EOF)
		}},
		{"notices that its peer is gone when it writes", func(t *testing.T, _ *wstest.Network, wrapped, peer net.Conn) {
			peer.Close()
			expectRead(t, wrapped, "", io.EOF)
			_ = wrapped.SetWriteDeadline(time.Now().Add(10 * time.Second))
			for err := error(nil); !errors.Is(err, syscall.ECONNRESET); {
				if _, err = wrapped.Write(make([]byte, 1000)); errors.Is(err, os.ErrDeadlineExceeded) {
					t.Fatal(err)
				}
			}
		}},
		{"half-closes", func(t *testing.T, _ *wstest.Network, wrapped, peer net.Conn) {
			_ = wrapped.(interface{ CloseWrite() error }).CloseWrite()
			expectRead(t, peer, "", io.EOF)
			write(t, peer, "down")
			expectRead(t, wrapped, "down", nil)
			_ = peer.(*net.TCPConn).CloseWrite()
			expectRead(t, wrapped, "", io.EOF)
		}},
		{"is half-closed by its network", func(t *testing.T, n *wstest.Network, wrapped, peer net.Conn) {
			write(t, wrapped, "up")
			n.CloseWrite(wstest.Up)
			write(t, wrapped, "lost")
			expectRead(t, peer, "up", io.EOF)
			write(t, peer, "down")
			expectRead(t, wrapped, "down", nil)
		}},
		{"is closed by its peer", func(t *testing.T, _ *wstest.Network, wrapped, peer net.Conn) {
			write(t, peer, "last")
			peer.Close()
			expectRead(t, wrapped, "last", io.EOF)
		}},
		{"is reset by its network", func(t *testing.T, n *wstest.Network, wrapped, peer net.Conn) {
			n.Reset()
			expectRead(t, wrapped, "", syscall.ECONNRESET)
			expectRead(t, peer, "", syscall.ECONNRESET)
		}},
		{"is reset by its peer", func(t *testing.T, _ *wstest.Network, wrapped, peer net.Conn) {
			_ = peer.(*net.TCPConn).SetLinger(0)
			peer.Close()
			expectRead(t, wrapped, "", syscall.ECONNRESET)
		}},
		{"is closed with an unread rest", func(t *testing.T, _ *wstest.Network, wrapped, peer net.Conn) {
			write(t, peer, "unread")
			write(t, wrapped, "up")
			wrapped.Close()
			expectRead(t, peer, "up", nil)
		}},
		{"is dropped, and its peer does not notice it", func(t *testing.T, n *wstest.Network, wrapped, peer net.Conn) {
			n.Drop(wstest.Both)
			write(t, wrapped, "lost")
			write(t, peer, "lost")
			wrapped.Close()
			_ = peer.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
			expectRead(t, peer, "", os.ErrDeadlineExceeded)
		}},
		{"is dropped, and does not notice its peer", func(t *testing.T, n *wstest.Network, wrapped, peer net.Conn) {
			n.Drop(wstest.Down)
			write(t, peer, "lost")
			peer.Close()
			_ = wrapped.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
			expectRead(t, wrapped, "", os.ErrDeadlineExceeded)
		}},
		{"is stalled and resumed", func(t *testing.T, n *wstest.Network, wrapped, peer net.Conn) {
			n.Stall(wstest.Up)
			write(t, wrapped, "late")
			wrapped.Close()
			_ = peer.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
			expectRead(t, peer, "", os.ErrDeadlineExceeded)
			_ = peer.SetReadDeadline(time.Now().Add(10 * time.Second))
			n.Resume(wstest.Up)
			expectRead(t, peer, "late", io.EOF)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, server := overTCP(t)
			var n wstest.Network
			wrapped := n.Wrap(t, client)
			if wrapped.LocalAddr() != client.LocalAddr() || wrapped.RemoteAddr() != client.RemoteAddr() {
				t.Errorf("the addresses are %v and %v", wrapped.LocalAddr(), wrapped.RemoteAddr())
			}
			tt.test(t, &n, wrapped, server)
		})
	}
}

// A wrapped connection over net.Pipe works in a bubble, which fails if a goroutine is left.
func TestWrapInSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		var n wstest.Network
		n.SetLatency(wstest.Up, time.Minute)
		wrapped := n.Wrap(t, client)
		began := time.Now()
		write(t, wrapped, "hello")
		expectRead(t, server, "hello", nil)
		if took := time.Since(began); took != time.Minute {
			t.Errorf("took %v", took)
		}
		n.Drop(wstest.Both)
	})
}

// A listener and a client with networks of their own, over TCP.
func TestListener(t *testing.T) {
	var up, down wstest.Network
	up.Split(wstest.Both, 1)
	down.Split(wstest.Both, 2)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	srv.Listener = down.Listener(t, srv.Listener)
	srv.Start()
	defer srv.Close()
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return up.Wrap(t, conn), nil
	}}
	d := &ws.Dialer{HTTPClient: &http.Client{Transport: transport}}
	session, stream, err := d.Dial(t.Context(), srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	expectEcho(t, session, stream.Aggregate(0), bytes.Repeat([]byte("x"), 200_000))
	down.After(wstest.Down, 3, down.Reset)
	_ = session.Text(t.Context(), "hello")
	wstest.ExpectEnd(t, stream, syscall.ECONNRESET)
	<-session.Done()
}

// The connections of a listener end with the test, also those that the program has not
// closed.
func TestListenerEndsWithTest(t *testing.T) {
	var n wstest.Network
	var client net.Conn
	t.Run("sub", func(t *testing.T) {
		inner, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l := n.Listener(t, inner)
		if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
			t.Fatal(err)
		}
		server, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		n.Stall(wstest.Both)
		write(t, server, "kept")
	})
	defer client.Close()
	_ = client.SetDeadline(time.Now().Add(10 * time.Second))
	expectRead(t, client, "", io.EOF)
	if again, err := net.Dial("tcp", client.RemoteAddr().String()); err == nil {
		again.Close()
		t.Error("the listener still listens")
	}
}
