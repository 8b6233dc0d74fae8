package outbox

import (
	"context"

	"github.com/handset-go/handset/internal/frame"
)

// Frame is a frame to send. The caller must have checked that text is UTF-8, that a
// continuation frame is put while its own message is open, and that a control frame
// is short and not fragmented.
type Frame struct {
	Data   []byte // the payload; it is only read, and not after Put has returned
	Opcode frame.Opcode
	Fin    bool
	Batch  bool // it may be delayed, to be written together with later frames
	RSV1   bool // Data is compressed

	Compress   bool    // Callbacks.Compress is called for Data before the frame is queued
	Compressed *[]byte // passed to it, if not nil: Data in compressed form

	masked bool // set by the Outbox
}

// size returns the length of the frame, header included. A frame that will be
// compressed may be shorter, or, if it is a fragment, a few bytes longer.
func (f *Frame) size() int {
	n := frame.Size(len(f.Data))
	if f.masked {
		n += frame.KeyLength
	}
	return n
}

// first reports whether a message begins with the frame, opens whether a
// fragmented message does, and ends whether one ends with it.
func (f *Frame) first() bool { return f.Opcode == frame.Text || f.Opcode == frame.Binary }
func (f *Frame) opens() bool { return f.first() && !f.Fin }
func (f *Frame) ends() bool  { return f.Opcode == frame.Continuation && f.Fin }

// Fragment reports whether the frame is part of a fragmented message.
func (f *Frame) Fragment() bool { return !f.Fin || f.Opcode == frame.Continuation }

// Put queues the frame. It waits until the frame fits into the queue, and, if a
// message begins with it, until no fragmented message is open. It does not wait for
// the peer otherwise. If nothing was queued and nobody was writing, the frame has
// been offered to the transport before Put returns, unless it is to be batched or
// senders have been writing without a pause. If Put returns an error, such as ctx's,
// nothing was queued.
func (o *Outbox) Put(ctx context.Context, cb Callbacks, f *Frame) error {
	do, err := o.Enqueue(cb, f)
	if err == ErrFull {
		return o.putWaiting(ctx, cb, f)
	}
	o.Perform(cb, do)
	return err
}

// TryPut is Put that returns ErrFull instead of waiting.
func (o *Outbox) TryPut(cb Callbacks, f *Frame) error {
	do, err := o.Enqueue(cb, f)
	o.Perform(cb, do)
	return err
}

// Enqueue is TryPut without the write: the caller must call Perform with the Action next,
// before the payload changes. When that writes, Enqueue has returned and takes nothing of
// the stack. If the queue is full of frames whose write is only delayed, they are written
// first.
func (o *Outbox) Enqueue(cb Callbacks, f *Frame) (Action, error) {
	f.masked = o.masks
	o.mu.Lock()
	for o.queue.refused() != nil || !o.admitsLocked(f) {
		o.mu.Unlock()
		if err := o.writeDelayed(cb); err != nil {
			return nothing, err
		}
		o.mu.Lock()
	}
	if f.Compress {
		o.reserveLocked(f)
		o.mu.Unlock()
		return nothing, o.putCompressed(cb, f)
	}
	o.acquireLocked() // not in enqueueLocked, where the stack is deeper
	do := o.enqueueLocked(f)
	o.mu.Unlock()
	return do, nil
}

// writeDelayed writes the frames whose write is only delayed, to make room for another.
// It returns ErrFull if there are none, or the error of every Put if there is one. It is
// not inlined, to keep Enqueue's stack frame small.
//
//go:noinline
func (o *Outbox) writeDelayed(cb Callbacks) error {
	o.mu.Lock()
	do, err := nothing, o.queue.refused()
	if err == nil {
		if do = o.writeLocked(); do == nothing {
			err = ErrFull
		}
	}
	o.mu.Unlock()
	o.Perform(cb, do)
	return err
}

// reserveLocked reserves the space of a frame to be compressed, which putCompressed
// queues.
func (o *Outbox) reserveLocked(f *Frame) {
	q := o.acquireLocked()
	q.open = q.open || f.opens()
	q.reserved += f.size()
}

// enqueueLocked queues a frame that admitsLocked has admitted, and says how it is to be
// written. acquireLocked must have been called before.
func (o *Outbox) enqueueLocked(f *Frame) Action {
	q := o.queue
	q.open = q.open || f.opens()
	batch := f.Batch && q.buffered()+f.size() < batchLimit
	direct := len(f.Data) >= large && !f.masked && o.writer == nobody && !batch
	if direct {
		o.enqueueLargeLocked(f)
	} else {
		q.append(f)
	}
	if f.ends() {
		q.open = false
		o.admitWaitersLocked()
	}
	if direct {
		return write
	}
	return o.dispatchLocked(batch)
}

// dispatchLocked decides when what is queued is written: by the writer at work, by
// the timer, or now.
func (o *Outbox) dispatchLocked(batch bool) Action {
	if !batch {
		return o.sendLocked()
	}
	if o.writer != nobody || o.timed {
		return nothing
	}
	o.timed = true
	return startTimer
}

// EnqueuePong queues the answer to a Ping. As after Enqueue, the caller must call Perform
// with the Action next. If the Pong must wait, its payload is kept and replaces the one
// kept before, since only the latest Ping need be answered (RFC 6455 §5.5.3): a peer that
// sends Pings and does not read costs one payload.
func (o *Outbox) EnqueuePong(payload []byte, batch bool) Action {
	o.mu.Lock()
	defer o.mu.Unlock()
	f := Frame{Opcode: frame.Pong, Fin: true, Data: payload, Batch: batch, masked: o.masks}
	switch {
	case o.queue.refused() != nil:
		return nothing
	case o.admitsLocked(&f):
		o.acquireLocked()
		return o.enqueueLocked(&f)
	default: // the queue is not nil, or the frame would have been admitted
		o.queue.keepPong(payload)
		return nothing
	}
}

// PutFinal queues a Close frame, after which nothing is sent, also if the queue is
// full. Every Put from now on, and those that wait, return err.
func (o *Outbox) PutFinal(cb Callbacks, payload []byte, err error) {
	o.mu.Lock()
	if o.queue.refused() != nil {
		o.mu.Unlock()
		return
	}
	o.acquireLocked().append(&Frame{Opcode: frame.Close, Fin: true, Data: payload, masked: o.masks})
	o.refuseLocked(err)
	do := o.finishLocked()
	o.mu.Unlock()
	o.Perform(cb, do)
}

// admitsLocked reports whether the frame may be queued now: it fits, the open message
// does not keep it out, and no other frame that waits comes first. While a waiter is
// to open a message, no more frames are compressed, or it might wait for ever.
func (o *Outbox) admitsLocked(f *Frame) bool {
	q := o.queue
	if q.mustWait(f) {
		return false
	}
	if q != nil {
		for _, w := range q.waiters {
			if !q.mustWait(&w.frame) || f.Compress && !q.open {
				return false
			}
		}
	}
	return o.fitsLocked(f)
}

// fitsLocked reports whether the frame fits into the queue. A frame larger than the
// limit fits if the queue is empty.
func (o *Outbox) fitsLocked(f *Frame) bool {
	n := o.queue.buffered()
	if o.queue != nil {
		n += o.queue.reserved
	}
	return n == 0 || uint64(n+f.size()) <= uint64(o.limit)
}
