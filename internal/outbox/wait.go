package outbox

import (
	"context"
	"slices"
)

// waiter is a frame that could not be queued at once. The goroutine that makes that
// possible queues it, in order of arrival. For a frame to be compressed it only
// reserves space, and the frame's sender queues it.
type waiter struct {
	frame Frame
	done  chan struct{} // closed when the frame was queued, has space reserved, or was refused
	err   error         // valid when done is closed
}

func (w *waiter) finish(err error) {
	w.err = err
	close(w.done)
}

// putWaiting is Put for a frame for which Enqueue returned ErrFull.
func (o *Outbox) putWaiting(ctx context.Context, cb Callbacks, f *Frame) error {
	w, do := o.addWaiter(f)
	o.Perform(cb, do)
	if err := o.wait(ctx, cb, w); err != nil || !f.Compress {
		return err
	}
	return o.putCompressed(cb, f)
}

// addWaiter adds the frame behind those that wait. If it need not wait any more, it
// is queued at once.
func (o *Outbox) addWaiter(f *Frame) (*waiter, Action) {
	o.mu.Lock()
	defer o.mu.Unlock()
	w := &waiter{frame: *f, done: make(chan struct{})}
	if err := o.queue.refused(); err != nil {
		w.finish(err)
		return w, nothing
	}
	q := o.acquireLocked()
	q.waiters = append(q.waiters, w)
	o.admitWaitersLocked()
	return w, o.sendLocked()
}

// wait waits until w is done. If ctx ends first the frame is withdrawn, unless it
// was queued at the same moment.
func (o *Outbox) wait(ctx context.Context, cb Callbacks, w *waiter) error {
	select {
	case <-w.done:
		return w.err
	case <-ctx.Done():
	}
	do, withdrawn := o.withdraw(w)
	o.Perform(cb, do)
	if !withdrawn {
		<-w.done
		return w.err
	}
	return ctx.Err()
}

// withdraw removes w from those that wait, and queues those behind it that fit.
// withdrawn is false if w was done already.
func (o *Outbox) withdraw(w *waiter) (do Action, withdrawn bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.queue == nil {
		return nothing, false
	}
	i := slices.Index(o.queue.waiters, w)
	if i < 0 {
		return nothing, false
	}
	o.queue.waiters = slices.Delete(o.queue.waiters, i, i+1)
	o.admitWaitersLocked()
	return o.sendLocked(), true
}

// admitWaitersLocked queues all waiters that need not wait any more.
func (o *Outbox) admitWaitersLocked() {
	for o.queue != nil && o.admitOnceLocked() {
	}
}

// admitOnceLocked goes through the waiters in order, and queues those that need not
// wait. It stops and reports true when one of them ends the open message, since those
// at the front may be queued then.
//
// A frame that does not fit keeps all those behind it waiting, so that a large one
// is not starved. A frame that waits for the open message's end keeps nobody waiting. A
// frame that opens a message, and waits until those being compressed are queued, keeps
// only frames waiting that are to be compressed.
func (o *Outbox) admitOnceLocked() (ended bool) {
	q := o.queue
	kept, opens := q.waiters[:0], false
	for i, w := range q.waiters {
		if q.mustWait(&w.frame) || opens && w.frame.Compress {
			kept = append(kept, w)
			opens = opens || !q.open
			continue
		}
		if !o.fitsLocked(&w.frame) {
			kept = append(kept, q.waiters[i:]...)
			break
		}
		ended = o.admitLocked(&w.frame)
		w.finish(nil)
		if ended {
			kept = append(kept, q.waiters[i+1:]...)
			break
		}
	}
	clear(q.waiters[len(kept):])
	q.waiters = kept
	return ended
}

// admitLocked queues a waiter's frame, or reserves its space if it is to be
// compressed, and reports whether that ends the open message.
func (o *Outbox) admitLocked(f *Frame) (ended bool) {
	q := o.queue
	q.open = q.open || f.opens()
	if f.Compress {
		q.reserved += f.size()
		return false
	}
	q.append(f)
	if f.ends() {
		q.open = false
	}
	return f.ends()
}
