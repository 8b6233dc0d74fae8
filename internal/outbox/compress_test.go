package outbox

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/transport"
)

// slowCompressor has a transport that takes everything, whose compression
// takes until a test lets it go on.
type slowCompressor struct {
	recorder
	order  sync.Mutex
	begins chan struct{}
	goOn   chan struct{}
}

func (h *slowCompressor) Compressing() sync.Locker { return &h.order }

func (h *slowCompressor) Compress(scratch, data, _ []byte, _, _ bool) ([]byte, bool) {
	h.begins <- struct{}{}
	<-h.goOn
	return append(scratch, bytes.ToUpper(data)...), true
}

func compressing() (*boundOutbox, *script, *slowCompressor) {
	s := &script{free: endless}
	h := &slowCompressor{recorder: recorder{conn: s}, begins: make(chan struct{}), goOn: make(chan struct{})}
	o := &boundOutbox{cb: h}
	h.out = o
	o.Init(1000, frame.Server)
	return o, s, h
}

func toCompress(op frame.Opcode, fin bool, payload string) *Frame {
	return &Frame{Opcode: op, Fin: fin, Data: []byte(payload), Compress: true}
}

// compressedWire is what a compressed frame looks like when it is sent.
func compressedWire(f *Frame) []byte {
	g := *f
	g.Data = bytes.ToUpper(f.Data)
	b := wire(&g)
	if f.first() {
		b[0] |= frame.RSV1
	}
	return b
}

// What serves many sessions must not wait while one of them compresses.
func TestCompressWithoutLock(t *testing.T) {
	for name, call := range map[string]func(*boundOutbox){
		"Flush":    func(o *boundOutbox) { o.Flush() },
		"Idle":     func(o *boundOutbox) { o.Idle(Count{}) },
		"Report":   func(o *boundOutbox) { o.Report() },
		"Buffered": func(o *boundOutbox) { o.Buffered() },
		"Queue":    func(o *boundOutbox) { o.Queue() },
		"PutPong":  func(o *boundOutbox) { o.PutPong([]byte("pong"), false) },
		"TryPut":   func(o *boundOutbox) { _ = o.TryPut(text("in the clear")) },
		"PutFinal": func(o *boundOutbox) { o.PutFinal(nil, transport.ErrWouldBlock) },
		"Finish":   func(o *boundOutbox) { o.Finish(o.cb, transport.ErrWouldBlock) },
		"Abort":    func(o *boundOutbox) { o.Abort(transport.ErrWouldBlock) },
	} {
		t.Run(name, func(t *testing.T) {
			o, _, h := compressing()
			sent := make(chan error, 1)
			go func() { sent <- o.Put(context.Background(), toCompress(frame.Text, true, "slow")) }()
			<-h.begins
			done := make(chan struct{})
			go func() {
				defer close(done)
				call(o)
			}()
			select {
			case <-done:
			case <-time.After(20 * time.Second):
				t.Error("it waits for the compression")
			}
			h.goOn <- struct{}{}
			<-sent
		})
	}
}

// Frames are written in the order in which they were compressed.
func TestCompressKeepsOrder(t *testing.T) {
	o, s, h := compressing()
	sent := make(chan error, 3)
	frames := []*Frame{toCompress(frame.Text, true, "a"), toCompress(frame.Binary, true, "b")}
	for _, f := range frames {
		go func() { sent <- o.Put(context.Background(), f) }()
		<-h.begins
		go func() { h.goOn <- struct{}{} }()
		expectError(t, <-sent, nil)
	}
	if want := append(compressedWire(frames[0]), compressedWire(frames[1])...); !bytes.Equal(s.sent(), want) {
		t.Fatalf("%q, want %q", s.sent(), want)
	}
}

// A fragmented message waits for those that are being compressed, which would
// otherwise come between its fragments.
func TestCompressFragmentsStayTogether(t *testing.T) {
	o, s, h := compressing()
	sent := make(chan error, 2)
	whole := toCompress(frame.Text, true, "whole")
	go func() { sent <- o.Put(context.Background(), whole) }()
	<-h.begins
	first := toCompress(frame.Binary, false, "first")
	expectError(t, o.TryPut(first), ErrFull)
	h.goOn <- struct{}{}
	expectError(t, <-sent, nil)

	go func() { sent <- o.Put(context.Background(), first) }()
	<-h.begins
	expectError(t, o.TryPut(text("between")), ErrFull)
	h.goOn <- struct{}{}
	expectError(t, <-sent, nil)

	last := toCompress(frame.Continuation, true, "last")
	go func() { sent <- o.Put(context.Background(), last) }()
	<-h.begins
	expectError(t, o.TryPut(text("between")), ErrFull)
	h.goOn <- struct{}{}
	expectError(t, <-sent, nil)
	o.Idle(Count{}) // or the background writer would take it
	expectError(t, o.TryPut(text("after")), nil)

	want := bytes.Join([][]byte{compressedWire(whole), compressedWire(first), compressedWire(last), wire(text("after"))}, nil)
	if !bytes.Equal(s.sent(), want) {
		t.Fatalf("%q, want %q", s.sent(), want)
	}
}

// A frame reserves space while it is compressed, and releases it.
func TestCompressReservesSpace(t *testing.T) {
	o, s, h := compressing()
	sent := make(chan error, 1)
	big := toCompress(frame.Text, true, string(make([]byte, 990)))
	go func() { sent <- o.Put(context.Background(), big) }()
	<-h.begins
	expectError(t, o.TryPut(text("does not fit")), ErrFull)
	o.PutFinal(nil, transport.ErrWouldBlock)
	h.goOn <- struct{}{}
	expectError(t, <-sent, transport.ErrWouldBlock)
	if want := wire(&Frame{Opcode: frame.Close, Fin: true}); !bytes.Equal(s.sent(), want) {
		t.Fatalf("sent %q, want a Close frame alone", s.sent())
	}
	if h.drained != 1 || o.Buffered() != 0 {
		t.Fatalf("drained %d times, %d bytes are queued", h.drained, o.Buffered())
	}
}
