package ws

import (
	"context"
	"testing"
	"time"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/transport"
)

// waitingConn is a transport of which each read waits before it returns all frames.
type waitingConn struct {
	repeatingConn
	session *Session
	holds   bool // the session held an input while a read waited
}

func (c *waitingConn) Read(p transport.ReadBuffer) (int, error) {
	p.Release()
	c.holds = c.session.in.input != nil
	return copy(p.Space(4<<10), c.frames), nil
}

// maskedFrame returns a frame of a client, whose masking key is zero.
func maskedFrame(op frame.Opcode, fin, rsv1 bool, payload string) []byte {
	b := frame.Append(nil, op, fin, len(payload))
	if b[1] |= 0x80; rsv1 {
		b[0] |= frame.RSV1
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// A session that waits between two messages holds no input, which is most of what it
// could hold: all that a program received before is not valid any more.
func TestWaitingSessionHoldsNoInput(t *testing.T) {
	for name, frames := range map[string][]byte{
		"message":    maskedFrame(frame.Text, true, false, "Hello"),
		"Ping":       maskedFrame(frame.Ping, true, false, "Hello"),
		"fragments":  append(maskedFrame(frame.Text, false, false, "Hel"), maskedFrame(frame.Continuation, true, false, "lo")...),
		"compressed": maskedFrame(frame.Text, true, true, "\xf2\x48\xcd\xc9\xc9\x07\x00"),
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := Compression{Level: 1}.negotiate([]string{"permessage-deflate"})
			c := &waitingConn{repeatingConn: repeatingConn{frames: frames}}
			c.session = &Session{conn{registry: new(Upgrader).registry(), transport: c, compression: d}}
			c.session.out.Init(defaultSendBuffer, frame.Server)
			stream := c.session.stream().Aggregate(0)
			for i := range 5 {
				msg, err := stream.Recv(context.Background())
				if err != nil || string(msg.Data) != "Hello" {
					t.Fatalf("message %d: %+v, %v", i, msg, err)
				}
				if c.holds {
					t.Errorf("before message %d the session held an input", i)
				}
			}
		})
	}
}

// An application that leaves while a background reader holds the lock tells it, unless that reads
// for a loop.
func TestLeaveTellsBackgroundReader(t *testing.T) {
	var l readLock
	if l.leave() {
		t.Error("nobody holds the lock, and it was told")
	}
	h := l.tryLockBackground()
	if !l.leave() || !h.left.Load() {
		t.Error("the background reader was not told")
	}
	l.unlockBackground(h)
	if _, err := l.tryLock(); err != nil {
		t.Fatal(err)
	}
	if !l.leave() {
		t.Error("the application reads itself")
	}
	l.beginBody()
	h = l.tryLockBackground()
	if !l.leave() || h.left.Load() {
		t.Error("the loop has not left")
	}
	if _, err := l.tryLock(); err != ErrConcurrentRecv || h.ctx.Err() != nil {
		t.Errorf("a second reader got %v; interrupted: %v", err, h.ctx.Err())
	}
	l.unlockBackground(h)
	l.endBody()
	l.unlock()
}

// deadlineConn is a transport that keeps its read deadline.
type deadlineConn struct {
	transport.Conn
	read time.Time
}

func (c *deadlineConn) SetReadDeadline(t time.Time) error {
	c.read = t
	return nil
}

// While one goroutine removes the context of a reader, another that does the same waits
// until that context interrupts nothing any more: it may be about to read without one, as
// a client does after the closing handshake.
func TestClearContextOfTwoGoroutines(t *testing.T) {
	conn, r := new(deadlineConn), new(reader)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r.setContext(ctx, conn)
	c := r.context.Load()
	stop, first := c.stop, true
	begun, goOn := make(chan struct{}), make(chan struct{})
	c.stop = func() bool {
		if first {
			first = false
			close(begun)
			<-goOn
		}
		return stop()
	}
	cleared := make(chan struct{})
	go func() {
		defer close(cleared)
		r.clearContext(conn)
	}()
	<-begun
	r.clearContext(conn)
	c.fire(conn) // ctx has ended
	if !conn.read.IsZero() {
		t.Error("the context interrupts reads after clearContext")
	}
	close(goOn)
	<-cleared
}
