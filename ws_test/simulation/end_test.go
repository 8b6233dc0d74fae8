package simulation

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"strings"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

var discardLog = stdlog.New(io.Discard, "", 0)

// class returns what a trace says of an error: nothing that differs from run to run, such
// as which of two goroutines has noticed the loss of a connection.
func class(err error) string {
	var closed *ws.CloseError
	var failed *ws.ProtocolError
	var refused *ws.HandshakeError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &closed):
		return fmt.Sprintf("closed, sent %d, received %d, by peer %v", closed.Sent.Code, closed.Received.Code, closed.ByPeer)
	case errors.As(err, &failed):
		return failed.Error()
	case errors.As(err, &refused):
		return fmt.Sprint("refused with ", refused.Status)
	case err == io.EOF:
		return "EOF"
	}
	for _, e := range []error{
		ws.ErrWriteTimeout, ws.ErrCloseTimeout, ws.ErrHeartbeatTimeout, ws.ErrMessageTimeout, ws.ErrShutdown,
		ws.ErrAbandoned, ws.ErrMessageTooBig, ws.ErrBufferFull, context.Canceled, context.DeadlineExceeded,
		io.ErrUnexpectedEOF, ws.ErrClosed, group.ErrClosed, group.ErrCannotResume, group.ErrTooSlow, group.ErrLeft,
	} {
		if errors.Is(err, e) {
			return e.Error()
		}
	}
	return "another error"
}

// check checks, after the run, how each session has ended, and what has arrived.
func (r *run) check() {
	total := 0
	for _, p := range r.pairs {
		for _, e := range []*endpoint{p.client, p.server} {
			if e.session != nil {
				e.check()
				total++
			}
		}
	}
	r.checkStats()
	if r.groups != nil {
		r.groups.check()
	}
}

// checkStats checks that the statistics balance.
func (r *run) checkStats() {
	check := func(name string, d *ws.Dialer, s ws.Stats, began int) {
		r.callbacks[d].check(s)
		ends := uint64(0)
		for _, n := range s.Ends {
			ends += n
		}
		if s.Sessions != 0 || s.Queued != 0 || s.Total != uint64(began) || ends != s.Total {
			r.failf("statistics of the %s, of %d sessions: %+v", name, began, s)
		}
	}
	began, dialed := 0, map[*ws.Dialer]int{}
	for _, p := range r.pairs {
		if p.server.session != nil {
			began++
		}
		if p.client.session != nil {
			dialed[p.dialer]++
		}
	}
	check("upgrader", nil, r.plan.upgrader.Stats(), began)
	for i, d := range r.plan.dialers {
		check(fmt.Sprint("dialer ", i), d, d.Stats(), dialed[d])
	}
}

func (e *endpoint) failf(format string, args ...any) {
	e.run.failf("%s: %s", e.name, fmt.Sprintf(format, args...))
}

// check checks the end of a session.
func (e *endpoint) check() {
	if !e.done {
		e.failf("the session has not ended")
		return
	}
	if err := e.session.Err(); err != e.err {
		e.failf("Err has changed from %v to %v", e.err, err)
	}
	if cause := context.Cause(e.session.Context()); cause != e.err {
		e.failf("the cause of Context is %v, Err is %v", cause, e.err)
	}
	if err := e.session.Text(context.Background(), "late"); !errors.Is(err, ws.ErrClosed) {
		e.failf("a send after the end returns %v", err)
	}
	e.checkReason()
	e.checkBounds()
	e.checkStream()
	if e.streamErr == io.EOF && !e.mayDrop() {
		e.peer.sends.complete()
	}
}

// checkStream checks that the error of the stream wraps the reason for which the session has
// ended.
func (e *endpoint) checkStream() {
	var failed *ws.ProtocolError
	if e.streamErr == nil || e.streamErr == io.EOF || errors.Is(e.streamErr, ws.ErrMessageTooBig) || errors.As(e.streamErr, &failed) {
		return
	}
	for _, reason := range []error{ws.ErrHeartbeatTimeout, ws.ErrWriteTimeout, ws.ErrCloseTimeout, ws.ErrShutdown} {
		if errors.Is(e.err, reason) && !errors.Is(e.streamErr, reason) {
			e.failf("the session ended with %v, and the stream with %v", e.err, e.streamErr)
		}
	}
}

// early is how much earlier than its time a timeout may end a session: the sessions of an
// Upgrader are checked together.
const early = 8

// The library reads the peer's Close frame promptly, also if the program does not receive, if
// what comes before it can be read ahead.
const (
	promptly  = 100 * time.Millisecond
	readAhead = 60 << 10
)

// checkReason checks that the error of a session fits to what has happened to it.
func (e *endpoint) checkReason() {
	var closed *ws.CloseError
	var failed *ws.ProtocolError
	silence := e.ended.Sub(e.arrived)
	atLeast := func(what string, took, timeout time.Duration) {
		if took < timeout-timeout/early-10*time.Millisecond {
			e.failf("%v after %v of %s, the timeout is %v", e.err, took, what, timeout)
		}
	}
	switch err := e.err; {
	case errors.As(err, &closed):
		e.checkClosed(closed)
	case errors.As(err, &failed):
		e.checkFailed(failed)
	case errors.Is(err, ws.ErrHeartbeatTimeout):
		h := e.options.Heartbeat
		atLeast("silence", silence, or(h.Interval, 30*time.Second)+or(h.Timeout, 30*time.Second))
	case errors.Is(err, ws.ErrWriteTimeout):
		atLeast("a full queue", e.ended.Sub(e.taken), or(e.options.WriteTimeout, 30*time.Second))
	case errors.Is(err, ws.ErrCloseTimeout):
		if at := e.in.closeArrival(); !at.IsZero() && e.in.violated == 0 && !e.out.closedAt().IsZero() && e.ended.Sub(at) > promptly && e.in.total() < readAhead {
			e.failf("%v, although the peer's Close frame has arrived %v before", err, e.ended.Sub(at))
		}
		began := e.closingSince()
		if began.IsZero() {
			e.failf("%v, and nobody has called Close", err)
		}
		if w := or(e.options.WriteTimeout, 30*time.Second); e.ended.Sub(e.taken) >= w-w/early {
			break // the queue was full for WriteTimeout
		}
		atLeast(fmt.Sprintf("closing, %v after the peer accepted data", e.ended.Sub(e.taken)), e.ended.Sub(began), or(e.options.CloseTimeout, 5*time.Second))
	case errors.Is(err, ws.ErrShutdown):
		if !e.run.aborted {
			e.failf("%v, and no Shutdown was interrupted", err)
		}
	case errors.Is(err, io.ErrUnexpectedEOF):
		if !e.pair.connection.harmed() && !e.peer.lost(e.ended) {
			e.failf("%v, and nothing has happened to the connection; the peer: %v", err, e.peer.err)
		}
	default:
		e.failf("the session ended with %v", err)
	}
}

func or(d, other time.Duration) time.Duration {
	if d == 0 {
		return other
	}
	return d
}

// lost reports whether the end has closed its connection by then without a closing
// handshake.
func (e *endpoint) lost(by time.Time) bool {
	var closed *ws.CloseError
	return e.session == nil || e.run.isAborted() || e.done && !e.ended.After(by) && !errors.As(e.err, &closed)
}

// checkClosed checks the result of a closing handshake.
func (e *endpoint) checkClosed(err *ws.CloseError) {
	if e.out.closedAt().IsZero() || e.in.closedAt().IsZero() {
		e.failf("%v, Close frames sent at %v, received at %v", err, e.out.closedAt(), e.in.closedAt())
		return
	}
	check := func(what string, r ws.CloseReason, payload []byte) {
		var want []byte
		if r.Code != 0 {
			want = append(binary.BigEndian.AppendUint16(nil, uint16(r.Code)), r.Description...)
		}
		if string(want) != string(payload) && !(len(want) > 125 && strings.HasPrefix(string(want), string(payload)) && len(payload) > 125-4) {
			e.failf("%s %q, on the wire was %q", what, want, payload)
		}
	}
	if err.ByPeer && e.closing.IsZero() && err.Sent.Code != err.Received.Code {
		e.failf("%v, which nobody but the library has answered", err)
	}
	check("sent", err.Sent, e.out.wire.reason)
	check("received", err.Received, e.in.wire.reason)
	if e.received != nil && *e.received != err.Received {
		e.failf("the Close message was %v, Err says %v", *e.received, err.Received)
	}
	var failed *ws.ProtocolError // found in what was read ahead
	errors.As(e.streamErr, &failed)
	violated := failed != nil && failed.Code == e.in.violated
	tooBig := violated || errors.Is(e.streamErr, ws.ErrMessageTooBig) || e.reader.maxFrame > 0 && failed != nil && failed.Code == ws.CloseMessageTooBig
	if e.streamErr != nil && e.streamErr != io.EOF && !tooBig {
		e.failf("the stream ended with %v, and the session with %v", e.streamErr, err)
	}
}

// checkFailed checks a violation, of which our own peers commit only those of limits.
func (e *endpoint) checkFailed(err *ws.ProtocolError) {
	switch {
	case err.Code == ws.CloseMessageTooBig && e.reader.maxFrame > 0 && e.in.wire.longest > uint64(e.reader.maxFrame):
	case e.in.violated != 0 && err.Code == e.in.violated:
	case err.Code == ws.ClosePolicyViolation && e.reader.refuses && e.in.wire.data > 0:
	case err.Code == ws.ClosePolicyViolation && errors.Is(err, ws.ErrMessageTimeout) && e.options.MessageTimeout > 0:
		if took := e.callbacks.of(e.session).idle; took < e.options.MessageTimeout*7/8-10*time.Millisecond {
			e.failf("%v, and a message was complete %v before", err, took)
		}
	default:
		e.failf("the session failed: %v", err)
	}
}

func (r *run) isAborted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.aborted
}

// closingSince returns when the closing handshake began: by a call of Close or, if that
// was earlier, by the Close frame of one of the ends. Chan may have closed the session at any
// time, because a message is too big: the program learns that behind those before it.
func (e *endpoint) closingSince() (began time.Time) {
	e.mu.Lock()
	closing := e.closing
	e.mu.Unlock()
	if e.reader.way == byChan && e.reader.aggregate && e.reader.limit > 0 {
		return e.began
	}
	for _, t := range []time.Time{closing, e.out.closedAt(), e.in.closedAt()} {
		if began.IsZero() || !t.IsZero() && t.Before(began) {
			began = t
		}
	}
	return began
}
