package outbox

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/transport"
)

// script is a transport that takes what a test tells it to, and does no I/O.
// A test drives it, and the background writer, in a single goroutine.
type script struct {
	free           int            // bytes that a Write that does not wait still takes
	waits          []int          // bytes that each Write that waits takes
	onTry          func(call int) // called within each Write that does not wait
	onWait         func(call int) // called within each Write that waits
	err            error          // of every write from now on
	tries          int            // calls of Write that do not wait
	writes         [][]byte       // what each call that took something took
	deadlines      []bool         // for each SetWriteDeadline, whether it set one
	transport.Conn                // the rest is not called
}

// raced is set when the race detector is on, under which everything takes longer.
var raced bool

const endless = 1 << 30

func (s *script) Write(slices *transport.Slices, wait bool) (int, error) {
	head, body := slices.Head, slices.Body
	if wait {
		return s.waitWrite(head)
	}
	p := append(bytes.Clone(head), body...)
	s.tries++
	if s.onTry != nil {
		s.onTry(s.tries)
	}
	if s.err != nil {
		return 0, s.err
	}
	n := min(len(p), s.free)
	s.free -= n
	s.took(p[:n])
	if n < len(p) {
		return n, transport.ErrWouldBlock
	}
	return n, nil
}

// waitWrite takes the next of waits, and times out when there is none.
func (s *script) waitWrite(p []byte) (int, error) {
	if s.onWait != nil {
		s.onWait(len(s.writes))
	}
	switch {
	case s.err != nil:
		return 0, s.err
	case len(s.waits) == 0:
		return 0, os.ErrDeadlineExceeded
	}
	n := min(len(p), s.waits[0])
	s.waits = s.waits[1:]
	s.took(p[:n])
	return n, nil
}

func (s *script) took(p []byte) {
	if len(p) > 0 {
		s.writes = append(s.writes, bytes.Clone(p))
	}
}

func (s *script) SetWriteDeadline(t time.Time) error {
	s.deadlines = append(s.deadlines, !t.IsZero())
	return nil
}

func (s *script) RemoteAddr() net.Addr { return nil }

// sent is all that was taken.
func (s *script) sent() []byte { return bytes.Join(s.writes, nil) }

// recorder notes which of its Callbacks are called. As a session does, it
// aborts the outbox when a write fails.
type recorder struct {
	out     *boundOutbox
	conn    *script
	writers int
	timers  int
	drained int
	failed  []error
}

func (h *recorder) Conn() transport.Conn     { return h.conn }
func (h *recorder) StartWriter()             { h.writers++ }
func (h *recorder) StartTimer()              { h.timers++ }
func (h *recorder) Compressing() sync.Locker { return new(sync.Mutex) }
func (h *recorder) Drained()                 { h.drained++ }
func (h *recorder) Count(_, _ Count)         {}
func (h *recorder) Compress(_, _, _ []byte, _, _ bool) ([]byte, bool) {
	return nil, false
}
func (h *recorder) WriteFailed(err error) {
	h.failed = append(h.failed, err)
	h.out.Abort(err)
}

// scripted returns an outbox for limit bytes on a transport that takes free.
func scripted(limit, free int) (*boundOutbox, *script, *recorder) {
	o, s := new(boundOutbox), &script{free: free}
	h := &recorder{out: o, conn: s}
	o.cb = h
	o.Init(limit, frame.Server)
	return o, s, h
}

// runAll runs the background writer on a transport that takes everything.
func runAll(o *boundOutbox, s *script) {
	for range 1000 {
		s.waits = append(s.waits, endless)
	}
	o.Run()
}

func text(payload string) *Frame {
	return &Frame{Opcode: frame.Text, Fin: true, Data: []byte(payload)}
}

func control(op frame.Opcode, payload string) *Frame {
	return &Frame{Opcode: op, Fin: true, Data: []byte(payload)}
}

// fragment is a frame of a fragmented message.
func fragment(op frame.Opcode, fin bool, payload string) *Frame {
	return &Frame{Opcode: op, Fin: fin, Data: []byte(payload)}
}

// wire is what frames look like when they are sent.
func wire(frames ...*Frame) []byte {
	var b []byte
	for _, f := range frames {
		b = append(frame.Append(b, f.Opcode, f.Fin, len(f.Data)), f.Data...)
	}
	return b
}

func put(t testing.TB, o *boundOutbox, frames ...*Frame) {
	t.Helper()
	for _, f := range frames {
		if err := o.Put(context.Background(), f); err != nil {
			t.Fatalf("Put of %d bytes: %v", len(f.Data), err)
		}
	}
}

func expectSent(t testing.TB, s *script, frames ...*Frame) {
	t.Helper()
	if got, want := s.sent(), wire(frames...); !bytes.Equal(got, want) {
		t.Fatalf("sent %d bytes %q, want %d bytes %q", len(got), got[:min(len(got), 80)], len(want), want[:min(len(want), 80)])
	}
}

func expectError(t testing.TB, got, want error) {
	t.Helper()
	if !errors.Is(got, want) || (got == nil) != (want == nil) {
		t.Fatalf("got error %v, want %v", got, want)
	}
}
