package outbox

import (
	"context"

	"github.com/handset-go/handset/internal/frame"
)

// Frame is a frame to send. That its text is UTF-8, and that a continuation
// frame follows the first frame of its own message, is for the caller to check.
type Frame struct {
	Data   []byte // read only, and only until Put returns
	Opcode frame.Opcode
	Fin    bool
	Gather bool // may wait for more frames to leave with
	RSV1   bool // says that Data is compressed

	Compress bool    // have the host compress Data when the frame's turn comes
	Packed   *[]byte // Data already compressed, for the host; nil if it is not
}

// size is how long the frame is going to be at most, but for what compression
// may add to a piece of a message.
func (f *Frame) size() int { return frame.Size(len(f.Data)) }

// first reports whether a message begins with the frame, opens whether a
// fragmented message does, and ends whether one ends with it.
func (f *Frame) first() bool { return f.Opcode == frame.Text || f.Opcode == frame.Binary }
func (f *Frame) opens() bool { return f.first() && !f.Fin }
func (f *Frame) ends() bool  { return f.Opcode == frame.Continuation && f.Fin }

// Fragment reports whether the frame is part of a fragmented message.
func (f *Frame) Fragment() bool { return !f.Fin || f.Opcode == frame.Continuation }

// Put queues the frame, waiting until there is room for it, and, if a message
// begins with it, until no fragmented message is open, but never for the peer
// while there is room. When the queue was idle the frame has been offered to the transport
// before Put returns. On any error, ctx's own included, nothing was queued.
func (o *Outbox) Put(ctx context.Context, h Host, f *Frame) error {
	do, err := o.tryPut(h, f)
	if err == ErrFull {
		return o.putWaiting(ctx, h, f)
	}
	o.perform(h, do)
	return err
}

// TryPut is Put for those who would rather have ErrFull than wait.
func (o *Outbox) TryPut(h Host, f *Frame) error {
	do, err := o.tryPut(h, f)
	o.perform(h, do)
	return err
}

// tryPut queues the frame if it need not wait. Frames that only gather are sent
// off first if they stand in its way.
func (o *Outbox) tryPut(h Host, f *Frame) (action, error) {
	for {
		o.mu.Lock()
		if o.traffic.refused() != nil || o.admitsLocked(f) {
			do, err := o.putLocked(f)
			o.mu.Unlock()
			if err == nil && f.Compress {
				err = o.putCompressed(h, f)
			}
			return do, err
		}
		do := o.writeLocked()
		o.mu.Unlock()
		if do == nothing {
			return nothing, ErrFull
		}
		o.perform(h, do)
	}
}

// putLocked queues a frame that is admitted, unless nothing is any more. One to
// be compressed has room reserved, and is queued by putCompressed.
func (o *Outbox) putLocked(f *Frame) (action, error) {
	if err := o.traffic.refused(); err != nil {
		return nothing, err
	}
	t := o.busyLocked()
	t.open = t.open || f.opens()
	if f.Compress {
		t.reserved += f.size()
		return nothing, nil
	}
	return o.queueLocked(f), nil
}

// queueLocked queues a frame that follows what has been queued.
func (o *Outbox) queueLocked(f *Frame) action {
	t := o.busyLocked()
	gather := f.Gather && t.buffered()+f.size() < gatherLimit
	direct := len(f.Data) >= large && o.writer == nobody && !gather
	if direct {
		o.putLargeLocked(f)
	} else {
		t.append(f)
	}
	if f.ends() {
		t.open = false
		o.admitWaitersLocked()
	}
	if direct {
		return write
	}
	return o.departLocked(gather)
}

// departLocked decides how what is queued leaves: with the write under way, a
// little later, or now.
func (o *Outbox) departLocked(gather bool) action {
	if !gather {
		return o.sendLocked()
	}
	if o.writer != nobody || o.timed {
		return nothing
	}
	o.timed = true
	return startTimer
}

// PutPong queues the answer to a ping. If there is no room it is kept for
// later in place of an earlier one that was kept, since only the latest ping
// need be answered (RFC 6455 §5.5.3): a peer that pings without reading costs
// nothing.
func (o *Outbox) PutPong(h Host, payload []byte, gather bool) {
	f := Frame{Opcode: frame.Pong, Fin: true, Data: payload, Gather: gather}
	o.mu.Lock()
	do := nothing
	switch {
	case o.traffic.refused() != nil:
	case o.admitsLocked(&f):
		do = o.queueLocked(&f)
	default: // there is traffic, or it would have been admitted
		o.traffic.pong = append(make([]byte, 0, frame.MaxControl), payload...)
	}
	o.mu.Unlock()
	o.perform(h, do)
}

// PutFinal queues the frame after which nothing is sent, the Close frame, room
// or not. Every Put from now on, and those that wait, get err.
func (o *Outbox) PutFinal(h Host, payload []byte, err error) {
	o.mu.Lock()
	if o.traffic.refused() != nil {
		o.mu.Unlock()
		return
	}
	o.busyLocked().append(&Frame{Opcode: frame.Close, Fin: true, Data: payload})
	o.refuseLocked(err)
	do := o.finishLocked()
	o.mu.Unlock()
	o.perform(h, do)
}

// admitsLocked reports whether the frame may be queued now: it is not held, there
// is room, and nobody else has been waiting for that room. No more is compressed
// while somebody waits to open a message, whose turn would never come.
func (o *Outbox) admitsLocked(f *Frame) bool {
	t := o.traffic
	if t.held(f) {
		return false
	}
	if t != nil {
		for _, w := range t.waiters {
			if !t.held(&w.frame) || f.Compress && !t.open {
				return false
			}
		}
	}
	return o.fitsLocked(f)
}

// fitsLocked reports whether there is room for the frame. One larger than the
// whole queue fits when the queue is empty.
func (o *Outbox) fitsLocked(f *Frame) bool {
	n := o.traffic.buffered()
	if o.traffic != nil {
		n += o.traffic.reserved
	}
	return n == 0 || uint64(n+f.size()) <= uint64(o.limit)
}
