package ws_test

import (
	"fmt"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// finish ends the session, and waits until nothing is left of it.
func (r *fuzzRun) finish() {
	synctest.Wait()
	silent := r.options.ending == peerSilent
	if !silent {
		r.conn.change(func() { r.conn.space = unlimited })
	}
	r.passes(2 * time.Millisecond)
	r.checkSettled()
	r.end()
	r.receiver.finish()
	synctest.Wait()
	if !silent {
		r.conn.change(func() { r.conn.ended = true })
	}
	time.Sleep(10 * time.Minute) // all timeouts together take less
	synctest.Wait()
	select {
	case <-r.session.Done():
	default:
		r.errorf("the session does not end")
		_ = r.from.Close()
	}
	for _, ctx := range r.contexts {
		ctx.cancel()
	}
	synctest.Wait()
	if n := r.running.Load(); n != 0 {
		r.errorf("%d calls do not return", n)
	}
	r.peer.release()
}

// end ends the session as the options say.
func (r *fuzzRun) end() {
	switch r.options.ending {
	case peerCloses:
		r.peer.send(closeFrame(1001))
	case peerResets:
		r.resets()
	case programEnds, peerSilent:
		r.close(ws.CloseReason{Code: ws.CloseNormal})
		if r.options.ending == programEnds {
			synctest.Wait()
			r.peer.send(closeFrame(1000))
		}
	case allEnd:
		r.shuts()
		_ = r.from.Close()
	}
}

func (r *fuzzRun) resets() {
	r.hindered = true
	r.conn.reset()
}

func (r *fuzzRun) shuts() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shut = true
}

// close calls Close, which must return an error if the reason is not valid.
func (r *fuzzRun) close(reason ws.CloseReason) {
	valid := fuzzCloses(reason)
	if valid {
		r.closes()
	}
	if err := r.session.Close(reason); (err == nil) != valid {
		r.errorf("Close of %v returned %v", reason, err)
	}
}

// fuzzTrace counts the events of a session.
type fuzzTrace struct {
	begun, ended, sent, received, failed atomic.Int32
	err                                  error
}

// closed reports whether a Close frame was sent, or the peer's was received.
func (c *fuzzTrace) closed() bool { return c.sent.Load()+c.received.Load()+c.ended.Load() > 0 }

func (c *fuzzTrace) trace(on bool) *ws.Trace {
	if !on {
		return nil
	}
	return &ws.Trace{
		SessionStart:  func(*ws.Session) { c.begun.Add(1) },
		SessionEnd:    func(_ *ws.Session, err error) { c.ended.Add(1); c.err = err },
		CloseSent:     func(*ws.Session, ws.CloseReason) { c.sent.Add(1) },
		CloseReceived: func(*ws.Session, ws.CloseReason) { c.received.Add(1) },
		ProtocolError: func(*ws.Session, *ws.ProtocolError) { c.failed.Add(1) },
	}
}

// once reports events that have happened more often than they can, or not at all.
func (c *fuzzTrace) once() error {
	if c.begun.Load() == 0 { // there was no Trace
		return nil
	}
	if c.begun.Load() != 1 || c.ended.Load() != 1 || c.sent.Load() > 1 || c.received.Load() > 1 || c.failed.Load() > 1 {
		return fmt.Errorf("traced: %d begun, %d ended, %d Close frames sent, %d received, %d violations",
			c.begun.Load(), c.ended.Load(), c.sent.Load(), c.received.Load(), c.failed.Load())
	}
	return nil
}
