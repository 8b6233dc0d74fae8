package soak

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/handset-go/handset/ws"
)

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
const patience = 4 * time.Minute

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
