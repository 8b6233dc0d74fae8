package outbox

import (
	"context"
	"slices"
)

// waiter is a frame that could not be queued at once. Whoever makes room
// queues it, in order of arrival, so that nothing overtakes it; one that is to be
// compressed has room reserved then, and its sender queues it.
type waiter struct {
	frame Frame
	done  chan struct{} // closed when the frame is queued, has room, or is refused
	err   error         // valid after done
}

func (w *waiter) finish(err error) {
	w.err = err
	close(w.done)
}

// putWaiting is Put for a frame that found no room a moment ago.
func (o *Outbox) putWaiting(ctx context.Context, h Host, f *Frame) error {
	w, do := o.enlist(f)
	o.perform(h, do)
	if err := o.wait(ctx, h, w); err != nil || !f.Compress {
		return err
	}
	return o.putCompressed(h, f)
}

// enlist puts the frame at the end of the line, which may be its front.
func (o *Outbox) enlist(f *Frame) (*waiter, action) {
	o.mu.Lock()
	defer o.mu.Unlock()
	w := &waiter{frame: *f, done: make(chan struct{})}
	if err := o.traffic.refused(); err != nil {
		w.finish(err)
		return w, nothing
	}
	t := o.busyLocked()
	t.waiters = append(t.waiters, w)
	o.admitWaitersLocked()
	return w, o.sendLocked()
}

// wait waits for the frame's turn. If ctx ends first the frame is withdrawn,
// unless its turn came in that moment.
func (o *Outbox) wait(ctx context.Context, h Host, w *waiter) error {
	select {
	case <-w.done:
		return w.err
	case <-ctx.Done():
	}
	do, withdrawn := o.withdraw(w)
	o.perform(h, do)
	if !withdrawn {
		<-w.done
		return w.err
	}
	return ctx.Err()
}

// withdraw takes the frame out of the line and lets those behind it, which may
// fit where it did not, go. It reports false if the frame's turn has come.
func (o *Outbox) withdraw(w *waiter) (do action, withdrawn bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.traffic == nil {
		return nothing, false
	}
	i := slices.Index(o.traffic.waiters, w)
	if i < 0 {
		return nothing, false
	}
	o.traffic.waiters = slices.Delete(o.traffic.waiters, i, i+1)
	o.admitWaitersLocked()
	return o.sendLocked(), true
}

// admitWaitersLocked queues the frames that waited and may go now. When one of
// them ends an open message, those that waited for that have their turn too.
func (o *Outbox) admitWaitersLocked() {
	for o.traffic != nil && o.admitOnceLocked() {
	}
}

// admitOnceLocked goes down the line until an open message ends, and reports
// whether one did: then those at the front have their turn first. A frame that
// lacks room keeps those behind it waiting, so that a large one is not starved. One
// that waits for an open message's end does not, and one that waits for messages
// that are being compressed only those that are to be compressed too.
func (o *Outbox) admitOnceLocked() (ended bool) {
	t := o.traffic
	kept, opens := t.waiters[:0], false
	for i, w := range t.waiters {
		if t.held(&w.frame) || opens && w.frame.Compress {
			kept = append(kept, w)
			opens = opens || !t.open
			continue
		}
		if !o.fitsLocked(&w.frame) {
			kept = append(kept, t.waiters[i:]...)
			break
		}
		ended = o.admitLocked(&w.frame)
		w.finish(nil)
		if ended {
			kept = append(kept, t.waiters[i+1:]...)
			break
		}
	}
	clear(t.waiters[len(kept):])
	t.waiters = kept
	return ended
}

// admitLocked queues a frame that waited, or reserves its room, and reports
// whether that ends the open message.
func (o *Outbox) admitLocked(f *Frame) (ended bool) {
	t := o.traffic
	t.open = t.open || f.opens()
	if f.Compress {
		t.reserved += f.size()
		return false
	}
	t.append(f)
	if f.ends() {
		t.open = false
	}
	return f.ends()
}
