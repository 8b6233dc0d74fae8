package ws_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/handset-go/handset/ws"
)

// fuzzSend is a frame that a call sends.
type fuzzSend struct {
	frame        wireFrame // not compressed
	begun, ended int       // when the call began and returned, among all calls
	sent         bool      // it returned no error
	maybe        bool      // it returned an error, and may have sent the frame before
	found        bool      // among the frames that were written
}

// never is when a call returned that has not.
const never = math.MaxInt

// begins records that a call begins, which sends a frame.
func (r *fuzzRun) begins(first byte, payload []byte) *fuzzSend {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	s := &fuzzSend{frame: wireFrame{first: first, payload: string(payload)}, begun: r.calls, ended: never}
	r.sends = append(r.sends, s)
	return s
}

// returns records that a call has returned.
func (r *fuzzRun) returns(err error, sends ...*fuzzSend) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	for _, s := range sends {
		s.ended, s.sent = r.calls, err == nil
	}
}

// send has a call send a frame, whose payload must not be kept or changed. valid is whether
// the message may be sent; tries is whether the call does not wait.
func (r *fuzzRun) send(ctx context.Context, first byte, payload []byte, valid, tries bool, call func(data []byte) error) {
	data := bytes.Clone(payload)
	s := r.begins(first, payload)
	r.goes(func() {
		err := call(data)
		r.returns(err, s)
		if !bytes.Equal(data, payload) {
			r.errorf("a send has changed its payload")
		}
		for i := range data {
			data[i] ^= 0xFF
		}
		r.checkSendError(ctx, err, valid, tries)
	})
}

// checkSendError checks the error of a send.
func (r *fuzzRun) checkSendError(ctx context.Context, err error, valid, tries bool) {
	switch {
	case err == nil && !valid:
		r.errorf("a message was sent that is not valid")
	case err == nil, !valid:
	case errors.Is(err, ws.ErrClosed):
		r.refused(err)
	case err == ws.ErrBufferFull && tries:
	case ctx != nil && ctx.Err() != nil && err == ctx.Err():
	case strings.Contains(err.Error(), "another fragment of the message is being sent"), strings.Contains(err.Error(), "no fragmented message to continue"):
	default:
		r.errorf("a send returned %v", err)
	}
}

// refused records the first send that was refused though nothing has closed the session yet
// but, perhaps, what the peer has sent.
func (r *fuzzRun) refused(err error) {
	if r.mayBeClosed() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refusal == nil {
		r.refusal, r.refusedAfter = err, int(r.peer.count.Load())
	}
}

// fuzzFirst are the first bytes of the frames of each Kind.
var fuzzFirst = map[ws.Kind]byte{
	ws.Text: fin | opText, ws.Binary: fin | opBinary, ws.Ping: fin | opPing, ws.Pong: fin | opPong,
	ws.FirstText: opText, ws.FirstBinary: opBinary, ws.Continue: opContinuation, ws.Last: fin | opContinuation,
}

// sendStep calls one of the methods that send a message.
func (r *fuzzRun) sendStep(in *fuzzInput) {
	how, payload := in.byte(), in.payload()
	kind := []ws.Kind{ws.Text, ws.Binary, ws.Ping, ws.Pong}[how&3]
	ctx := r.context(in)
	valid := ctx != nil && fuzzSendable(kind, payload)
	do := func(call func([]byte) error) { r.send(ctx, fuzzFirst[kind], payload, valid, false, call) }
	switch how >> 2 % 4 {
	case 1:
		do(func(data []byte) error { return r.session.Send(ctx, ws.Message{Kind: kind, Data: data}) })
	case 2:
		valid = fuzzSendable(kind, payload)
		r.send(context.Background(), fuzzFirst[kind], payload, valid, true, func(data []byte) error { return r.session.TrySend(ws.Message{Kind: kind, Data: data}) })
	case 3:
		r.sendPrepared(ctx, kind, payload)
	default:
		do(map[ws.Kind]func([]byte) error{
			ws.Text:   func(data []byte) error { return r.session.TextBytes(ctx, data) },
			ws.Binary: func(data []byte) error { return r.session.Binary(ctx, data) },
			ws.Ping:   func(data []byte) error { return r.session.Ping(ctx, data) },
			ws.Pong:   func(data []byte) error { return r.session.Pong(ctx, data) },
		}[kind])
	}
}

// fuzzSendable reports whether a message may be sent.
func fuzzSendable(kind ws.Kind, payload []byte) bool {
	switch kind {
	case ws.Text:
		return utf8.Valid(payload)
	case ws.Ping, ws.Pong:
		return len(payload) <= 125
	}
	return true
}

// sendPrepared sends a prepared message, which may be one that was sent before. Control
// messages cannot be prepared: the call tries to send data.
func (r *fuzzRun) sendPrepared(ctx context.Context, kind ws.Kind, payload []byte) {
	tries := kind == ws.Ping || kind == ws.Pong
	if tries {
		kind -= ws.Ping - ws.Text
	}
	key := string([]byte{byte(kind)}) + string(payload)
	pm := r.prepared[key]
	if pm == nil {
		var err error
		pm, err = ws.Prepare(kind, payload)
		if (err == nil) != fuzzSendable(kind, payload) {
			r.errorf("Prepare returned %v", err)
		}
		if err != nil {
			return
		}
		r.prepared[key] = pm
	}
	if tries {
		r.send(context.Background(), fuzzFirst[kind], payload, true, true, func([]byte) error { return r.session.TrySendPrepared(pm) })
		return
	}
	r.send(ctx, fuzzFirst[kind], payload, ctx != nil, false, func([]byte) error { return r.session.SendPrepared(ctx, pm) })
}

// fragmentStep sends a fragment, in its place or not.
func (r *fuzzRun) fragmentStep(in *fuzzInput) {
	how, payload := in.byte(), in.payload()
	kind := []ws.Kind{ws.FirstText, ws.FirstBinary, ws.Continue, ws.Last}[how&3]
	if how&4 != 0 { // in text, so that most can be sent
		payload = bytes.ToValidUTF8(payload, nil)
	}
	ctx := r.context(in)
	s := r.begins(fuzzFirst[kind], payload)
	r.goes(func() {
		var err error
		if how&8 == 0 {
			err = r.session.Continuation(ctx, kind, payload)
		} else {
			err = r.session.TrySend(ws.Message{Kind: kind, Data: payload})
		}
		r.returns(err, s)
		if err != nil && ctx != nil && !strings.Contains(err.Error(), "text is not UTF-8") {
			r.checkSendError(ctx, err, true, how&8 != 0)
		}
	})
}
