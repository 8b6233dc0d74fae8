package ws_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// timeoutError is a net.Error of another package than net.
type timeoutError struct{}

func (timeoutError) Error() string   { return "too late" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return false }

// ownTimeouts is a connection that reports deadlines by an error of its own.
type ownTimeouts struct{ net.Conn }

func (c ownTimeouts) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	return n, own(err)
}

func (c ownTimeouts) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	return n, own(err)
}

func own(err error) error {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return timeoutError{}
	}
	return err
}

// A transport may report a deadline by an error of its own type.
func TestTransportWithOwnTimeoutError(t *testing.T) {
	wrap := func(c net.Conn) net.Conn { return ownTimeouts{c} }
	t.Run("a receive's context", func(t *testing.T) {
		inSynctestOver(t, &ws.Upgrader{}, wrap, func(t *testing.T, p *pair) {
			for range 3 {
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				if _, err := p.stream.Recv(ctx); err != context.DeadlineExceeded {
					t.Fatal(err)
				}
				cancel()
			}
			p.writeLater(masked(fin|opText, []byte("still here")))
			recvKind(t, p.stream, ws.Text)
		})
	})
	t.Run("WriteTimeout", func(t *testing.T) {
		inSynctestOver(t, &ws.Upgrader{Options: ws.Options{Heartbeat: noHeartbeat}}, wrap, func(t *testing.T, p *pair) {
			_ = p.session.Text(t.Context(), "not taken")
			<-p.session.Done()
			if err := p.session.Err(); err != ws.ErrWriteTimeout {
				t.Error(err)
			}
		})
	})
	t.Run("a slow peer", func(t *testing.T) {
		inSynctestOver(t, &ws.Upgrader{Options: ws.Options{Heartbeat: noHeartbeat}}, wrap, func(t *testing.T, p *pair) {
			_ = p.session.Binary(t.Context(), make([]byte, 1000))
			for range 1004 / 4 {
				time.Sleep(20 * time.Second)
				if _, err := io.ReadFull(p.conn, make([]byte, 4)); err != nil {
					t.Fatal(err)
				}
			}
		})
	})
	t.Run("MessageTimeout", func(t *testing.T) {
		inSynctestOver(t, &ws.Upgrader{Options: ws.Options{MessageTimeout: time.Second}}, wrap, func(t *testing.T, p *pair) {
			go io.Copy(io.Discard, p.conn)
			p.writeLater(masked(opText, []byte("not finished")))
			if err := <-receiveAll(p); !errors.Is(err, ws.ErrMessageTimeout) {
				t.Error(err)
			}
		})
	})
}

// broken is a connection whose deadlines do not work. It counts the reads.
type broken struct {
	net.Conn
	set func(time.Time) error // a read's deadline

	mu     sync.Mutex
	reads  int
	sticky bool // every read times out
}

func (c *broken) SetReadDeadline(at time.Time) error { return c.set(at) }

func (c *broken) Read(p []byte) (int, error) {
	c.mu.Lock()
	c.reads++
	sticky := c.sticky
	c.mu.Unlock()
	if sticky {
		return 0, timeoutError{}
	}
	return c.Conn.Read(p)
}

func (c *broken) timesOut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sticky = true
}

func (c *broken) counted() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reads
}

// Receiving does not spin on a transport without deadlines.
func TestTransportWithoutDeadlines(t *testing.T) {
	for name, breaks := range map[string]func(net.Conn) *broken{
		"not supported": func(c net.Conn) *broken {
			return &broken{Conn: c, set: func(time.Time) error { return errors.ErrUnsupported }}
		},
		"ignored": func(c net.Conn) *broken {
			return &broken{Conn: c, set: func(time.Time) error { return nil }}
		},
		"for ever": func(c net.Conn) *broken {
			b := &broken{Conn: c}
			b.set = func(at time.Time) error {
				if !at.IsZero() {
					b.timesOut()
				}
				return c.SetReadDeadline(at)
			}
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			var conn *broken
			wrap := func(c net.Conn) net.Conn {
				conn = breaks(c)
				return conn
			}
			test := inSynctestOver
			if name != "not supported" { // Dial sets a deadline that has expired
				test = serverSide.inSynctestOver
			}
			test(t, &ws.Upgrader{Options: ws.Options{Heartbeat: noHeartbeat}}, wrap, func(t *testing.T, p *pair) {
				sent := make(chan struct{})
				go func() {
					defer close(sent)
					time.Sleep(time.Minute)
					_, _ = p.conn.Write(masked(fin|opText, []byte("hello")))
				}()
				began := time.Now()
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				defer cancel()
				_, err := p.stream.Recv(ctx)
				switch took := time.Since(began); {
				case name == "for ever" && (err != context.DeadlineExceeded || took != time.Second):
					t.Errorf("after %v: %v", took, err)
				case name != "for ever" && took != time.Minute: // nothing else can wake it
					t.Errorf("after %v: %v", took, err)
				}
				if name == "for ever" {
					if _, err := p.stream.Recv(context.Background()); !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, timeoutError{}) {
						t.Errorf("a connection that never recovers: %v", err)
					}
				}
				if n := conn.counted(); n > 500 {
					t.Errorf("read %d times", n)
				}
				<-sent
			})
		})
	}
}

func TestMessageTimeoutWithoutDeadlines(t *testing.T) {
	wrap := func(c net.Conn) net.Conn {
		return &broken{Conn: c, set: func(time.Time) error { return errors.ErrUnsupported }}
	}
	inSynctestOver(t, &ws.Upgrader{Options: ws.Options{MessageTimeout: time.Second}}, wrap, func(t *testing.T, p *pair) {
		go io.Copy(io.Discard, p.conn)
		p.writeLater(masked(opText, []byte("not finished")))
		if err := <-receiveAll(p); !errors.Is(err, ws.ErrMessageTimeout) {
			t.Error(err)
		}
	})
}

// Dial sets a read deadline that has expired, to receive what has come with the response.
// On a connection that ignores it, the context still ends Dial.
func TestDialOnConnThatIgnoresDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end, peer := net.Pipe()
		defer peer.Close()
		conn := &broken{Conn: end, set: func(time.Time) error { return nil }}
		began := time.Now()
		_, _, err := dialOn(t, newDialer(t, nil), respond(conn, new(scriptedResponse)), false)
		if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took != testTimeout {
			t.Errorf("after %v Dial returned %v", took, err)
		}
		if _, err := peer.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the peer read %v, want the end of the connection", err)
		}
	})
}
