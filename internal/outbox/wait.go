package outbox

import (
	"context"
	"slices"
)

// waiter is a frame that could not be queued at once. Whoever makes room
// queues it, in order of arrival, so that nothing overtakes it.
type waiter struct {
	frame Frame
	done  chan struct{} // closed when the frame is queued or refused
	err   error         // valid after done
}

func (w *waiter) finish(err error) {
	w.err = err
	close(w.done)
}

func (o *Outbox) enlist(f *Frame) *waiter {
	w := &waiter{frame: *f, done: make(chan struct{})}
	t := o.busy()
	t.waiters = append(t.waiters, w)
	return w
}

// wait waits for the frame's turn. If ctx ends first the frame is withdrawn,
// unless its turn came in that moment.
func (o *Outbox) wait(ctx context.Context, h Host, w *waiter) error {
	select {
	case <-w.done:
		return w.err
	case <-ctx.Done():
	}
	if !o.withdraw(h, w) {
		<-w.done
		return w.err
	}
	return ctx.Err()
}

// withdraw takes the frame out of the line and lets those behind it, which may
// fit where it did not, go. It reports false if the frame's turn has come.
func (o *Outbox) withdraw(h Host, w *waiter) bool {
	o.mu.Lock()
	i := -1
	if o.traffic != nil {
		i = slices.Index(o.waiters, w)
	}
	if i < 0 {
		o.mu.Unlock()
		return false
	}
	o.waiters = slices.Delete(o.waiters, i, i+1)
	o.admitWaiters(h)
	o.depart(h, false)
	return true
}

// admitWaiters queues the frames that waited and may go now. When one of them
// ends an open message, those that waited for that have their turn too.
func (o *Outbox) admitWaiters(h Host) {
	if o.traffic == nil {
		return
	}
	for o.admitOnce(h) {
	}
}

// admitOnce goes down the line once and reports whether an open message ended.
// A frame that lacks room keeps those behind it waiting, so that a large one is
// not starved; one that waits for an open message's end does not.
func (o *Outbox) admitOnce(h Host) (ended bool) {
	kept := o.waiters[:0]
	for i, w := range o.waiters {
		if o.held(&w.frame) {
			kept = append(kept, w)
			continue
		}
		if !o.room(&w.frame) {
			kept = append(kept, o.waiters[i:]...)
			break
		}
		err := o.follow(&w.frame)
		if err == nil {
			o.append(h, &w.frame)
			ended = ended || w.frame.ends()
		}
		w.finish(err)
	}
	clear(o.waiters[len(kept):])
	o.waiters = kept
	return ended
}
