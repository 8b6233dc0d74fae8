package simulation

import (
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/handset-go/handset/ws"
)

// The checks of this file are upper bounds: what takes too long, although nothing prevents
// it, and what is lost, although nothing has lost it.

// patient makes a run wait so long that every timeout of a session that has lost its peer
// must have ended it.
func (r *run) patient() {
	if !newRandom(r.seed, "patience").chance(20) {
		return
	}
	newPhase(phasePatience).pause(10 * time.Minute)
	r.mu.Lock()
	pairs := slices.Collect(maps.Values(r.pairs))
	r.mu.Unlock()
	for _, p := range pairs {
		for _, e := range []*endpoint{p.client, p.server} {
			e.checkSilence()
		}
	}
}

const phasePatience = phaseShutdown + 60

// checkSilence checks that a session from whose peer nothing arrives has ended.
func (e *endpoint) checkSilence() {
	h := e.options.Heartbeat
	if !e.hasBegun() || e.session.Err() != nil || h.Interval < 0 || e.reader.way == byNothing || e.reader.contexts || e.reader.way == byChan {
		return
	}
	since := e.in.lastArrived()
	if e.reader.think > 0 && !e.hasSentClose() {
		// Silence counts only while the stream is read. A program that takes its time does not read
		// while it has messages of which the library has read many at once.
		if since = e.in.awaitedSince(); since.IsZero() {
			return
		}
	}
	limit := or(h.Interval, 30*time.Second) + 2*or(h.Timeout, 30*time.Second) + 3*e.writeTimeout() + 3*e.closeTimeout()
	if silence := time.Since(since); silence > limit+10*time.Second {
		e.failf("nothing has arrived for %v, and the session has not ended", silence)
	}
}

func (e *endpoint) writeTimeout() time.Duration { return or(e.options.WriteTimeout, 30*time.Second) }
func (e *endpoint) closeTimeout() time.Duration { return or(e.options.CloseTimeout, 5*time.Second) }

// checkBounds checks, after the run, that the session has ended in time and has lost
// nothing.
func (e *endpoint) checkBounds() {
	if waited, limit := e.out.longestWait(e.ended), 3*e.writeTimeout()+time.Second; waited > limit {
		e.failf("a write has waited for %v, the timeout is %v", waited, e.writeTimeout())
	}
	e.checkAnswer()
	e.checkEnd()
	e.checkProgress()
	e.checkHalfClosed()
	e.checkLost()
	e.checkArrived()
}

// checkAnswer checks the code of a Close frame that the library has sent by itself.
func (e *endpoint) checkAnswer() {
	var closed *ws.CloseError
	if errors.As(e.err, &closed) && closed.ByPeer && !e.hasClosed() && closed.Sent.Code != closed.Received.Code {
		e.failf("the Close frame with code %d was answered with %d", closed.Received.Code, closed.Sent.Code)
	}
}

// hasClosed reports whether the program has called Close before our Close frame was sent.
func (e *endpoint) hasClosed() bool {
	return !e.closing.IsZero() && !e.closing.After(e.out.closedAt())
}

// slack is a time in which the network delivers, and a program runs, if nothing slows them
// down.
const slack = 500 * time.Millisecond

// checkEnd checks that a closing handshake has not taken CloseTimeout without a reason.
func (e *endpoint) checkEnd() {
	var closed *ws.CloseError
	end := e.in.endedAt()
	if sent := e.out.closedAt(); sent.After(end) {
		end = sent
	}
	switch {
	case e.pair.connection.harmed():
	case errors.As(e.err, &closed) && e.phase == phaseClient && e.isAttentive() && !e.in.endedAt().IsZero() && e.ended.After(end.Add(slack)):
		e.failf("the session has ended %v after the server has closed the connection", e.ended.Sub(end))
	case errors.Is(e.err, ws.ErrCloseTimeout) && e.in.isFast() && e.out.isFast() && e.peer.isAttentive() && e.isAvailable():
		e.failf("%v, although the peer receives", e.err)
	}
}

// checkProgress checks that a peer that receives, over a slow connection, has the time to accept our
// Close frame.
func (e *endpoint) checkProgress() {
	timeout := e.closeTimeout()
	if !errors.Is(e.err, ws.ErrCloseTimeout) || !e.out.closedAt().IsZero() || !e.peer.isAttentive() || e.out.perWrite() > timeout/3 {
		return
	}
	if ago := e.ended.Sub(e.taken); ago < timeout/4 {
		e.failf("%v, although the peer has accepted data %v before", e.err, ago)
	}
}

// perWrite returns how long it takes at most until what the library writes at once has been
// accepted.
func (c *conditions) perWrite() time.Duration {
	const size = 16 << 10
	d := time.Duration(size/c.window+1) * 2 * (c.latency + c.jitter + c.merge)
	if c.rate > 0 {
		d += time.Duration(size) * time.Second / time.Duration(c.rate)
	}
	return d
}

// isFast reports whether whatever fits into the queues arrives within a fraction of
// CloseTimeout.
func (f *flow) isFast() bool {
	return f.rate == 0 && f.latency <= time.Millisecond && f.window >= 64<<10 && f.merge <= time.Millisecond
}

// isAttentive reports whether the program at this end receives without a pause.
func (e *endpoint) isAttentive() bool {
	r := e.reader
	return e.session != nil && r.way != byNothing && r.think == 0 && r.late == 0 && !r.echoes && !e.options.ManualPong && r.begun
}

// isAvailable reports whether the program at this end leaves it to the library to read while
// it closes, and does not make it wait.
func (e *endpoint) isAvailable() bool {
	r := e.reader
	switch {
	case r.way == byChan && r.begun, r.think == 0 && !r.echoes && !e.options.ManualPong:
		return true
	case r.way == byRecv: // after a message, the library expects the next Recv
		return e.in.total() < readAhead
	}
	return r.way != byAll
}

// checkHalfClosed checks that what was queued has left after the peer has closed its
// direction only.
func (e *endpoint) checkHalfClosed() {
	end := e.in.endedAt()
	if !errors.Is(e.err, io.ErrUnexpectedEOF) || !e.in.wasCut() || e.out.wasHarmed() || e.peer.session == nil || e.run.isAborted() {
		return
	}
	if e.peer.done && !e.peer.ended.After(e.ended) {
		return // it has closed the other direction, too
	}
	if w := e.writeTimeout(); e.ended.Sub(e.taken) >= w-w/early {
		return // the queue was full for WriteTimeout
	}
	began := e.closingSince()
	if e.taken.After(began) {
		began = e.taken
	}
	if w := e.closeTimeout(); !e.closingSince().IsZero() && e.ended.Sub(began) >= w-w/early {
		return // it was closing, and the peer has accepted nothing for CloseTimeout
	}
	if n, took := e.session.Buffered(), e.ended.Sub(end); n > 0 && took < e.closeTimeout()*3/4 {
		e.failf("%d bytes were dropped %v after the peer has closed its direction", n, took)
	}
}

// checkLost checks that a session whose connection is lost, which a write has noticed, ends when
// it has read what has arrived, also if the program does not receive.
func (e *endpoint) checkLost() {
	failed, end := e.out.writeFailedAt(), e.in.endArrival()
	if failed.IsZero() || end.IsZero() || !errors.Is(e.err, io.ErrUnexpectedEOF) || e.reader.way == byChan || e.in.total() >= restKept {
		return
	}
	if end.After(failed) {
		failed = end
	}
	if took := e.ended.Sub(failed); took > slack {
		e.failf("the session has ended %v after its connection was lost", took)
	}
}

// restKept is how much the library keeps for a program that does not receive, of what has arrived
// before a write failed.
const restKept = 256 << 10

// checkArrived checks that a program that receives to the end has received all messages that
// the library has read.
func (e *endpoint) checkArrived() {
	r := &e.reader
	if r.way != byRecv && r.way != byAll || e.mayDrop() || !errors.Is(e.streamErr, io.ErrUnexpectedEOF) || e.peer.sends.isLossy() || e.in.violated != 0 {
		return
	}
	if n := e.in.messagesRead(); r.count < n {
		e.failf("%d messages have arrived before %v, and %d were received", n, e.streamErr, r.count)
	}
}
