package soak

import (
	"context"
	"errors"
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

// randomTime returns a time of less than d.
func randomTime(rng *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(rng.Int64N(max(1, int64(d))))
}
