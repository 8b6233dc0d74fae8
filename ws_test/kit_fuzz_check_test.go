package ws_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/handset-go/handset/ws"
)

// closeReasonOf is the content of a Close frame.
func closeReasonOf(payload string) (reason ws.CloseReason) {
	if len(payload) >= 2 {
		reason.Code, reason.Description = ws.CloseCode(binary.BigEndian.Uint16([]byte(payload))), payload[2:]
	}
	return reason
}

// model is what a stream must receive from what the peer has sent.
func (r *fuzzRun) model() *model {
	if r.modelled == nil || r.modelledOf != len(r.peer.sent) {
		r.modelled, r.modelledOf = r.modelOf(r.peer.sent), len(r.peer.sent)
	}
	return r.modelled
}

func (r *fuzzRun) modelOf(sent []byte) *model {
	m := &model{maxFrame: r.options.maxFrame, maxMessage: r.options.maxMessage}
	m.window = r.options.agreement.peer
	if r.receiver.owner == "Discard" {
		m.maxMessage = 0
	}
	if r.options.on == clientSide {
		sent = withWholeKey(sent)
	}
	return m.run(sent)
}

// checkRefusal checks that a send was not refused on an open session.
func (r *fuzzRun) checkRefusal() {
	if r.refusal == nil || r.hindered || r.mayExpire() > 0 || r.options.refuses || r.receiver.got.view == byChan {
		return
	}
	if m := r.modelOf(r.peer.sent[:r.refusedAfter]); !m.vague && m.err == io.ErrUnexpectedEOF {
		r.errorf("a send on an open session returned %v", r.refusal)
	}
}

// check checks a session that has ended.
func (r *fuzzRun) check() {
	err := r.session.Err()
	var closed *ws.CloseError
	complete := errors.As(err, &closed) || !r.hindered && !r.shut && r.mayExpire() == 0 && errors.Is(err, io.ErrUnexpectedEOF)
	frames, _ := r.checkWritten(complete)
	r.checkRefusal()
	r.checkEnd(err)
	r.checkClose(err, frames)
	r.checkReceived(err)
	r.checkAfter(err, complete)
	if once := r.traced.once(); once != nil {
		r.errorf("%v", once)
	}
}

// mayExpire is how many of the timeouts that can end an open session may have passed.
func (r *fuzzRun) mayExpire() (n int) {
	o := &r.options.upgrader
	if o.Heartbeat != noHeartbeat && r.passed >= 900*time.Millisecond {
		n++
	}
	if o.MessageTimeout > 0 {
		n++
	}
	return n
}

// checkEnd checks why a session has ended.
func (r *fuzzRun) checkEnd(err error) {
	var closed *ws.CloseError
	var failed *ws.ProtocolError
	o := r.options
	switch {
	case errors.As(err, &closed):
		want := r.model()
		if n := len(want.events); !want.vague && want.err == io.EOF && closed.Received != want.events[n-1].reason {
			r.errorf("the Close frame %v was received, want %v", closed.Received, want.events[n-1].reason)
		}
		if answer := (ws.CloseReason{Code: closed.Received.Code}); !r.hasClosed() && (!closed.ByPeer || closed.Sent != answer) {
			r.errorf("the Close frame %v was answered with %v, by the peer: %v", closed.Received, closed.Sent, closed.ByPeer)
		}
	case errors.As(err, &failed):
		r.checkViolation(failed)
	case err == ws.ErrShutdown && r.shut:
	case err == ws.ErrWriteTimeout && r.hindered:
	case err == ws.ErrCloseTimeout && (r.hasClosed() || r.model().err == io.EOF || r.model().vague):
	case err == ws.ErrHeartbeatTimeout && o.upgrader.Heartbeat != noHeartbeat:
	case errors.Is(err, io.ErrUnexpectedEOF) && r.peerEnded():
	default:
		r.errorf("the session has ended with %v", err)
	}
}

// hasClosed reports whether this side may have closed the session first: the program, or
// Chan because of a message that was too big.
func (r *fuzzRun) hasClosed() bool {
	got := &r.receiver.got
	return r.closing || got.view == byChan && got.err == ws.ErrMessageTooBig
}

// checkViolation checks the code with which a session has failed.
func (r *fuzzRun) checkViolation(failed *ws.ProtocolError) {
	want := r.model()
	switch {
	case want.err == failure(failed.Code), want.vague:
	case failed.Code == ws.ClosePolicyViolation && errors.Is(failed, ws.ErrMessageTimeout) && r.options.upgrader.MessageTimeout > 0:
	case failed.Code == ws.ClosePolicyViolation && r.options.refuses && r.receiver.owner == "Discard":
	default:
		r.errorf("the session has failed with %v, want %v", failed, want.err)
	}
}

// checkClose checks the Close frame that was written, if one was.
func (r *fuzzRun) checkClose(err error, frames []wireFrame) {
	var closed *ws.CloseError
	var failed *ws.ProtocolError
	n := len(frames)
	if n == 0 || frames[n-1].first != fin|opClose {
		if errors.As(err, &closed) {
			r.errorf("the session has ended with %v, and has written no Close frame", err)
		}
		return
	}
	sent := closeReasonOf(frames[n-1].payload)
	switch {
	case errors.As(err, &closed):
		if want := closed.Sent; sent.Code != want.Code || !strings.HasPrefix(want.Description, sent.Description) {
			r.errorf("the Close frame %v was written, want %v", sent, want)
		}
	case errors.As(err, &failed):
		if !r.hasClosed() && sent.Code != failed.Code {
			r.errorf("the Close frame %v was written for %v", sent, failed)
		}
	case !r.hasClosed() && r.traced.begun.Load() > 0 && r.traced.sent.Load() == 0:
		r.errorf("the Close frame %v was written", sent)
	}
}

// checkAfter checks that a session that has ended stays as it is.
func (r *fuzzRun) checkAfter(err error, complete bool) {
	s, ctx := r.session, context.Background()
	if sendErr := s.Text(ctx, "late"); !errors.Is(sendErr, ws.ErrClosed) || !errors.Is(sendErr, net.ErrClosed) {
		r.errorf("a send after the end returned %v", sendErr)
	}
	if closeErr := s.Close(ws.CloseReason{}); closeErr != nil {
		r.errorf("Close after the end returned %v", closeErr)
	}
	if n := s.Buffered(); n != 0 && complete {
		r.errorf("%d bytes are buffered after the end", n)
	}
	if context.Cause(s.Context()) != err || s.Err() != err || r.traced.ended.Load() > 0 && r.traced.err != err {
		r.errorf("the session has ended with %v and %v, and its context with %v", err, r.traced.err, context.Cause(s.Context()))
	}
	if !r.conn.isClosed() {
		r.errorf("the connection was not closed")
	}
	if n := r.from.Stats().Sessions; n != 0 {
		r.errorf("%d sessions are left", n)
	}
	var last error
	for last == nil || last == ws.ErrMessageTooBig { // of what Discard or Chan has left
		_, last = r.receiver.view.Recv(ctx)
	}
	if _, again := r.receiver.view.Recv(ctx); again != last {
		r.errorf("the stream has ended with %v and then with %v", last, again)
	}
}
