package ws_test

import (
	"context"
	"errors"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/handset-go/handset/ws"
)

// fuzzSteps are the steps of a script, by their numbers.
var fuzzSteps = []func(*fuzzRun, *fuzzInput){
	stepPeer:     (*fuzzRun).peerStep,
	stepRaw:      func(r *fuzzRun, in *fuzzInput) { r.peer.send(in.payload()) },
	stepTakes:    (*fuzzRun).takesStep,
	stepPeerEnds: (*fuzzRun).peerEndsStep,
	stepSend:     (*fuzzRun).sendStep,
	stepFragment: (*fuzzRun).fragmentStep,
	stepWriter:   (*fuzzRun).writerStep,
	stepReceive:  func(r *fuzzRun, in *fuzzInput) { r.receiver.receiveStep(in) },
	stepClose:    (*fuzzRun).closeStep,
	stepAsk:      (*fuzzRun).askStep,
	stepCancel:   (*fuzzRun).cancelStep,
	stepTime:     (*fuzzRun).timeStep,
	stepShutdown: (*fuzzRun).shutdownStep,
}

// withNext is added to a step to begin the next one at once, before the goroutines of this one wait.
const withNext = 0x80

const (
	stepPeer     = iota // the peer sends a frame or a message
	stepRaw             // the peer sends bytes
	stepTakes           // the peer takes some bytes, none or all
	stepPeerEnds        // the peer ends a direction, or the connection
	stepSend
	stepFragment
	stepWriter
	stepReceive
	stepClose
	stepAsk    // methods that do not wait
	stepCancel // a context ends
	stepTime
	stepShutdown
)

// peerStep has the peer send what is valid, or nearly.
func (r *fuzzRun) peerStep(in *fuzzInput) {
	switch in.byte() % 4 {
	case 0:
		r.peer.frame(in)
	case 1:
		r.peer.control(in)
	default:
		r.peer.message(in)
	}
}

func (r *fuzzRun) takesStep(in *fuzzInput) {
	space := choose(in, fuzzSpaces)
	r.hindered = r.hindered || space < unlimited
	r.conn.change(func() { r.conn.space = space })
}

func (r *fuzzRun) peerEndsStep(in *fuzzInput) {
	switch in.byte() % 4 {
	case 0:
		r.resets()
	case 1:
		r.hindered = true
		r.conn.change(func() { r.conn.deaf = true })
	default:
		r.conn.change(func() { r.conn.ended = true })
	}
}

// closeStep calls Close, sometimes with a reason that may not be sent.
func (r *fuzzRun) closeStep(in *fuzzInput) {
	code := choose(in, []ws.CloseCode{0, 1000, 1001, 1009, 1011, 3000, 4999, 1005, 1006, 999, 2000, 5000})
	r.close(ws.CloseReason{Code: code, Description: string(in.payload())})
}

// fuzzCloses reports whether Close accepts a reason.
func fuzzCloses(reason ws.CloseReason) bool {
	if reason.Code == 0 {
		return reason.Description == ""
	}
	switch c := reason.Code; {
	case c < 1000, c > 1003 && c < 1007, c > 1014 && c < 3000, c > 4999:
		return false
	}
	return utf8.ValidString(reason.Description)
}

// askStep calls the methods that return at once.
func (r *fuzzRun) askStep(in *fuzzInput) {
	s := r.session
	if n := s.Buffered(); n < 0 {
		r.errorf("%d bytes are buffered", n)
	}
	if r.from.Stats().Total != 1 || s.Subprotocol() != "" || s.RemoteAddr() == nil || s.Latency() < 0 {
		r.errorf("the statistics are %+v", r.from.Stats())
	}
	_, _ = s.Stats(), s.Context()
	select {
	case <-s.Done():
	default:
		if err := context.Cause(s.Context()); err != nil && s.Err() == nil {
			r.errorf("the context is cancelled: %v", err)
		}
	}
	for other := range r.from.Sessions() {
		if other != s {
			r.errorf("another session")
		}
	}
	_, _ = r.stream.Err(), r.receiver.view.Err()
}

func (r *fuzzRun) cancelStep(in *fuzzInput) {
	ctx := &r.contexts[int(in.byte())%len(r.contexts)]
	ctx.cancel()
	if in.byte()&1 != 0 {
		synctest.Wait()
		ctx.Context, ctx.cancel = context.WithCancel(context.Background())
	}
}

// timeStep lets time pass.
func (r *fuzzRun) timeStep(in *fuzzInput) {
	d := choose(in, []time.Duration{2 * time.Millisecond, time.Microsecond, 10 * time.Millisecond, time.Second, 31 * time.Second, 2 * time.Minute})
	r.passes(d)
	if d < 2*time.Millisecond && r.receiver.mayAnswer() {
		return // what is sent meanwhile is delayed, to be written together with the answers
	}
	r.checkSettled()
}

// shutdownStep calls Shutdown, which takes less time than its context allows.
func (r *fuzzRun) shutdownStep(in *fuzzInput) {
	how := in.byte()
	r.closes()
	if how&1 != 0 {
		r.shuts()
		if how&2 != 0 {
			_ = r.from.Close()
			return
		}
	}
	ctx := r.contexts[0].Context
	if how&1 == 0 {
		ctx = context.Background()
	}
	r.goes(func() {
		if err := r.from.Shutdown(ctx); err != nil && (ctx.Err() == nil || !errors.Is(err, ctx.Err())) {
			r.errorf("Shutdown returned %v", err)
		}
	})
}
