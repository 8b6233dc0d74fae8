package outbox

import (
	"context"

	"github.com/handset-go/handset/internal/frame"
)

// Owner stands for one who sends fragmented messages, one at a time.
type Owner struct{ _ byte }

// Frame is one to be sent.
type Frame struct {
	Data   []byte // read only, and only until Put returns
	Owner  *Owner // whose fragmented message it is part of, nil if it is whole
	Opcode frame.Opcode
	Fin    bool
	Gather bool // may wait for more frames to leave with
	RSV1   bool // says that Data is compressed

	Compress bool    // have the host compress Data when the frame's turn comes
	Packed   *[]byte // Data already compressed, for the host; nil if it is not
}

// size is how long the frame is going to be at most, but for what compression
// may add to a piece of a message.
func (f *Frame) size() int   { return frame.Size(len(f.Data)) }
func (f *Frame) ends() bool  { return f.Owner != nil && f.Fin } // a fragmented message
func (f *Frame) first() bool { return f.Opcode == frame.Text || f.Opcode == frame.Binary }

// Put queues the frame, waiting until there is room for it, and until another
// owner's fragmented message has ended, but never for the peer while there is
// room. When the queue was idle the frame has been offered to the transport
// before Put returns. On any error, ctx's own included, nothing was queued.
func (o *Outbox) Put(ctx context.Context, h Host, f *Frame) error {
	if !o.lockFor(h, f) {
		w := o.enlist(f)
		o.mu.Unlock()
		return o.wait(ctx, h, w)
	}
	return o.putNow(h, f)
}

// TryPut is Put for those who would rather have ErrFull than wait.
func (o *Outbox) TryPut(h Host, f *Frame) error {
	if !o.lockFor(h, f) {
		o.mu.Unlock()
		return ErrFull
	}
	return o.putNow(h, f)
}

// lockFor takes the lock and reports whether the frame need not wait. Frames
// that only gather are sent off first if they stand in its way.
func (o *Outbox) lockFor(h Host, f *Frame) bool {
	o.mu.Lock()
	for o.refused() == nil && !o.admits(f) {
		if !o.takeTurn() {
			return false
		}
		o.flush(h)
		o.mu.Lock()
	}
	return true
}

// putNow queues the frame and starts its way out. It is entered with the lock
// and leaves without.
func (o *Outbox) putNow(h Host, f *Frame) error {
	err := o.refused()
	if err == nil {
		err = o.follow(f)
	}
	if err != nil {
		o.mu.Unlock()
		return err
	}
	o.busy()
	gather := f.Gather && o.buffered()+f.size() < gatherLimit
	if len(f.Data) >= large && !f.Compress && !o.writing && !gather {
		o.putLarge(h, f)
		return nil
	}
	o.append(h, f)
	if f.ends() {
		o.admitWaiters(h)
	}
	o.depart(h, gather)
	return nil
}

// depart decides how what is queued leaves: with the write under way, a little
// later, or now. It is entered with the lock and leaves without.
func (o *Outbox) depart(h Host, gather bool) {
	switch {
	case o.writing:
		o.mu.Unlock()
	case gather:
		start := !o.timed
		o.timed = true
		o.mu.Unlock()
		if start {
			h.StartTimer()
		}
	default:
		o.writing = true
		if o.streams() {
			o.mu.Unlock()
			h.StartWriter()
			return
		}
		o.flush(h)
	}
}

// PutPong queues the answer to a ping. If there is no room it is kept for
// later in place of an earlier one that was kept, since only the latest ping
// need be answered (RFC 6455 §5.5.3): a peer that pings without reading costs
// nothing.
func (o *Outbox) PutPong(h Host, payload []byte, gather bool) {
	f := Frame{Opcode: frame.Pong, Fin: true, Data: payload}
	o.mu.Lock()
	switch {
	case o.refused() != nil:
		o.mu.Unlock()
	case o.admits(&f):
		o.busy().append(&f)
		o.depart(h, gather && o.buffered() < gatherLimit)
	default:
		o.pong = append(make([]byte, 0, frame.MaxControl), payload...)
		o.mu.Unlock()
	}
}

// PutFinal queues the frame after which nothing is sent, the Close frame, room
// or not. Every Put from now on, and those that wait, get err.
func (o *Outbox) PutFinal(h Host, payload []byte, err error) {
	o.mu.Lock()
	if o.refused() != nil {
		o.mu.Unlock()
		return
	}
	o.busy().append(&Frame{Opcode: frame.Close, Fin: true, Data: payload})
	o.refuse(err)
	o.final, o.pong = true, nil
	o.depart(h, false)
}

// admits reports whether the frame may be queued now: it is not held by an open
// message, there is room, and nobody else has been waiting for that room.
func (o *Outbox) admits(f *Frame) bool {
	if o.held(f) {
		return false
	}
	if o.traffic != nil {
		for _, w := range o.waiters {
			if !o.held(&w.frame) {
				return false
			}
		}
	}
	return o.room(f)
}

// room reports whether the frame fits. One larger than the whole queue fits
// when the queue is empty.
func (o *Outbox) room(f *Frame) bool {
	n := o.buffered()
	return n == 0 || uint64(n+f.size()) <= uint64(o.limit)
}

// follow keeps account of the open fragmented message before a frame of it is
// queued, and checks that its text is UTF-8 across the borders of its fragments.
func (o *Outbox) follow(f *Frame) error {
	if f.Opcode.Control() || f.Owner == nil {
		return nil
	}
	t := o.traffic
	var text bool
	var utf8 frame.UTF8
	switch {
	case f.first():
		text = f.Opcode == frame.Text
	case t == nil || t.open != f.Owner:
		return ErrNoMessage
	default:
		text, utf8 = t.text, t.utf8
	}
	if text && (!utf8.Write(f.Data) || f.Fin && !utf8.Whole()) {
		return frame.ErrInvalidUTF8
	}
	t = o.busy()
	t.open, t.text, t.utf8 = f.Owner, text, utf8
	if f.Fin {
		t.open = nil
	}
	return nil
}
