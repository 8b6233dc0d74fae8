package soak

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/ws"
)

// A half is one side of a session: what it does, has sent and has received.
type half struct {
	request
	side     string      // "client" or "server"
	session  *ws.Session // nil after the program has dropped it
	stream   *ws.MessageStream
	conn     *conn           // under the session; only its methods for failures are used
	stop     context.Context // ends when the soak does
	pace     *pace
	rng      *rand.Rand             // of the goroutine that runs the behaviour
	check    checker                // of the goroutine that receives
	checks   func(ws.Message) error // instead of check, for data messages; nil for none
	view     *view
	dropped  bool        // messages are missing behind those that were checked, as they may with the view
	began    bool        // the loop had begun before this side closed the session
	closed   atomic.Bool // close was called
	upgrader *upgrader   // nil on a client
	server   *server     // nil on a client

	mu      sync.Mutex
	sent    map[uint32]sum
	streams uint32 // that were begun
	log     oplog
	flushed bool         // all that was sent has left, and nothing more is sent
	missed  atomic.Int64 // messages that a group has dropped
	skipped int          // messages that were too big, or that a group has dropped
}

// pace is the factor by which all sessions wait longer between what they do, so that
// the machine stays usable.
type pace struct{ percent atomic.Int64 }

func (p *pace) of(d time.Duration) time.Duration { return d * time.Duration(p.percent.Load()) / 100 }

// do adds to the log.
func (h *half) do(what string, n ...int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log.add(what, n...)
}

// think waits for a random time, about d, unless the session or the soak ends before,
// or the session's time is over.
func (h *half) think(d time.Duration) (more bool) { return h.thinkBy(h.rng, d) }

func (h *half) thinkBy(rng *rand.Rand, d time.Duration) (more bool) {
	if d > 0 {
		d = h.pace.of(randomTime(rng, 2*d))
	}
	return h.wait(min(d, time.Until(h.until)))
}

// wait waits for d, unless the session or the soak ends before.
func (h *half) wait(d time.Duration) (more bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-h.session.Done():
	case <-h.stop.Done():
	}
	return h.goesOn()
}

// goesOn reports whether the session is open and its time is not over.
func (h *half) goesOn() bool {
	select {
	case <-h.session.Done():
		return false
	case <-h.stop.Done():
		return false
	default:
		return time.Now().Before(h.until)
	}
}

// newStream returns another stream of messages, which the side numbers.
func (h *half) newStream() *stream {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.streams++
	id := (h.id<<3 | h.streams&7) << 1
	if h.side == "server" {
		id |= 1
	}
	return &stream{id: id & 0xfffffff}
}

// counts records what was sent in a stream.
func (h *half) counts(id uint32, sent sum) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sent == nil {
		h.sent = map[uint32]sum{}
	}
	h.sent[id] = sent
}

// receiveAll receives until the stream ends.
func (h *half) receiveAll() error {
	return h.receive(func(ws.Message) error { return nil })
}

// errLeave is returned by the function of receive to leave the loop.
var errLeave = errors.New("leave")

// receive receives until the stream ends, and calls f for each message or chunk, when
// that has been checked.
func (h *half) receive(f func(ws.Message) error) error {
	for msg, err := range h.view.messages(h) {
		if err != nil {
			h.do("received the error " + err.Error())
			return nil // why the session has ended is checked later
		}
		h.mu.Lock()
		h.log.received(msg)
		h.mu.Unlock()
		h.began = h.began || !h.isClosing()
		if err := h.checkMessage(msg); err != nil {
			return err
		}
		if err := f(msg); err != nil {
			if err == errLeave {
				return nil
			}
			return err
		}
	}
	h.do("end of the stream")
	return nil
}

// checkMessage checks a message that was received.
func (h *half) checkMessage(m ws.Message) error {
	control := m.Kind == ws.Ping || m.Kind == ws.Pong || m.Kind == ws.Close
	if h.checks != nil && !control {
		return h.checks(m)
	}
	if m.Kind == ws.Ping && services[h.service].options.ManualPong && h.side == "server" {
		if err := h.session.Pong(context.Background(), m.Data); endOr(err) != nil {
			return err
		}
	}
	if h.dropped && !control {
		return nil
	}
	err := h.check.add(m)
	if err != nil && h.view.gaps && h.isClosing() {
		h.do("dropped: " + err.Error())
		h.dropped, err = true, nil
	}
	return err
}

// isClosing reports whether this side has closed the session, or the session has ended.
func (h *half) isClosing() bool {
	select {
	case <-h.session.Done():
		return true
	default:
		return h.closed.Load() || h.upgrader != nil && h.upgrader.down.Load()
	}
}

// close closes the session.
func (h *half) close(reason ws.CloseReason) error {
	h.do("close", int(reason.Code))
	h.closed.Store(true)
	return h.session.Close(reason)
}

// isEnd reports whether a send has failed because the session has been closed or has
// ended.
func isEnd(err error) bool { return errors.Is(err, ws.ErrClosed) }

// both runs a function beside another, and returns their errors.
func both(f, g func() error) error {
	failed := make(chan error, 1)
	go func() { failed <- f() }()
	err := g()
	return errors.Join(err, <-failed)
}

// A report is what a half has to say at its end.
type report struct {
	ID          uint32
	Behaviour   string
	Side        string
	Over        string
	View        string
	Failure     string         // "" if nothing is wrong
	Dropped     bool           // the session was dropped, so nothing below is known
	Sent        map[uint32]sum `json:",omitempty"`
	Received    map[uint32]sum `json:",omitempty"`
	Complete    bool           // all that the other side has sent was received
	End         ws.EndReason
	Err         string
	Close       *ws.CloseError // of a session that was closed
	Buffered    int
	Interrupted bool // by a shutdown
	Flushed     bool
	Skipped     int
	Log         []string
}

// patience is how long anything may take that does not depend on the peer's behaviour.
// It only ends a soak that hangs, on however busy a machine.
const patience = 90 * time.Second

// finish waits for the end of the session and reports.
func (h *half) finish(failure error) report {
	r := report{ID: h.id, Behaviour: h.behaviour.name, Side: h.side, Over: h.over}
	if h.session == nil {
		r.Dropped = true
	} else {
		select {
		case <-h.session.Done():
		case <-time.After(patience):
			failure = errors.Join(failure, fmt.Errorf("the session does not end: %+v", h.session.Stats()))
			h.conn.reset()
		}
		h.describeEnd(&r, &failure)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	r.Sent, r.Received, r.Log = h.sent, h.check.streams, h.log.lines()
	r.Flushed, r.Skipped = h.flushed, h.skipped
	if failure != nil {
		r.Failure = failure.Error()
	}
	return r
}

// describeEnd says how the session has ended, and checks what must be so for each.
func (h *half) describeEnd(r *report, failure *error) {
	err := h.session.Err()
	if err == nil {
		return // it does not end
	}
	fail := func(format string, a ...any) { *failure = errors.Join(*failure, fmt.Errorf(format, a...)) }
	r.Err, r.End, r.Buffered = err.Error(), endReason(err), h.session.Buffered()
	closed := errors.As(err, &r.Close)
	r.View = h.view.name
	r.Complete = h.check.closed && !h.dropped && (closed && r.Close.ByPeer || h.began && !h.view.drops)
	if h.dropped && closed && r.Close.ByPeer {
		fail("messages are missing although the other side has closed the session")
	}
	if closed && r.Buffered != 0 {
		fail("after a closing handshake %d bytes have not left", r.Buffered)
	}
	if cause := context.Cause(h.session.Context()); cause != err {
		fail("the cause of the context is %v, the error of the session %v", cause, err)
	}
	if err := h.session.Binary(context.Background(), nil); !isEnd(err) {
		fail("a send after the end returns %v", err)
	}
	if err := h.stream.Err(); h.check.closed && err != nil {
		fail("after Close the error of the stream is %v", err)
	}
	if r.End == ws.EndConnectionLost && !errors.Is(err, io.ErrUnexpectedEOF) {
		fail("a lost session has ended with %v", err)
	}
}

// endReason returns the EndReason of a session that has ended with err.
func endReason(err error) ws.EndReason {
	for _, e := range []struct {
		err    error
		reason ws.EndReason
	}{
		{ws.ErrWriteTimeout, ws.EndWriteTimeout},
		{ws.ErrCloseTimeout, ws.EndCloseTimeout},
		{ws.ErrHeartbeatTimeout, ws.EndHeartbeatTimeout},
		{ws.ErrMessageTimeout, ws.EndMessageTimeout},
		{ws.ErrShutdown, ws.EndShutdown},
		{ws.ErrAbandoned, ws.EndAbandoned},
	} {
		if errors.Is(err, e.err) {
			return e.reason
		}
	}
	var closed *ws.CloseError
	var failed *ws.ProtocolError
	switch {
	case errors.As(err, &closed):
		return ws.EndClosed
	case errors.As(err, &failed):
		return ws.EndProtocolError
	}
	return ws.EndConnectionLost
}

// randomTime returns a time of less than d.
func randomTime(rng *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(rng.Int64N(max(1, int64(d))))
}
