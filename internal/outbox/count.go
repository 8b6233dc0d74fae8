package outbox

import "math"

// Count counts what was sent or received.
type Count struct {
	Messages, Frames uint32 // data messages, and frames of any kind
	Headers, Wire    uint64 // bytes of the headers, and of headers and payloads
}

func (c *Count) add(d Count) {
	c.Messages += d.Messages
	c.Frames += d.Frames
	c.Headers += d.Headers
	c.Wire += d.Wire
}

// frame counts a frame of the given size that has been queued.
func (c *Count) frame(f *Frame, size int) {
	c.Frames++
	c.Headers += uint64(size - len(f.Data))
	c.Wire += uint64(size)
	if f.Fin && !f.Opcode.Control() {
		c.Messages++
	}
}

// smallCount is a Count in a few bytes. Frames are added to it under the lock that
// is held anyway. Callbacks.Count, which adds to figures of many sessions, costs
// several times as much: it is called when the smallCount is full, when the figures
// are asked for, and at the end.
type smallCount struct {
	wire, headers    uint16
	frames, messages uint8
}

func (s smallCount) count() Count {
	return Count{uint32(s.messages), uint32(s.frames), uint64(s.headers), uint64(s.wire)}
}

// add adds c, and reports whether the sum fits.
func (s *smallCount) add(c Count) bool {
	c.add(s.count())
	if max(c.Messages, c.Frames) > math.MaxUint8 || max(c.Headers, c.Wire) > math.MaxUint16 {
		return false
	}
	*s = smallCount{uint16(c.Wire), uint16(c.Headers), uint8(c.Frames), uint8(c.Messages)}
	return true
}

// countSentLocked counts the frames that were queued when the transport last took
// bytes.
func (o *Outbox) countSentLocked(cb Callbacks) {
	q := o.queue
	if q == nil || q.uncounted.Frames == 0 {
		return
	}
	if !o.sent.add(q.uncounted) {
		o.reportLocked(cb)
		cb.Count(q.uncounted, Count{})
	}
	q.uncounted = Count{}
}

func (o *Outbox) countReceivedLocked(cb Callbacks, c Count) {
	if !o.received.add(c) {
		o.reportLocked(cb)
		cb.Count(Count{}, c)
	}
}

// Received counts what has been received from the peer. A reader that waits for
// more calls Idle instead.
func (o *Outbox) Received(cb Callbacks, c Count) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.countReceivedLocked(cb, c)
	if o.aborted {
		o.reportLocked(cb) // Abort has made the last report
	}
}

// Report calls Callbacks.Count with what has not been reported, if anything, and
// returns the number of bytes that are queued, which is 0 after Abort.
func (o *Outbox) Report(cb Callbacks) (queued int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reportLocked(cb)
	if o.aborted {
		return 0 // the last write may not have returned yet
	}
	return o.queue.buffered()
}

func (o *Outbox) reportLocked(cb Callbacks) {
	if o.sent != (smallCount{}) || o.received != (smallCount{}) {
		cb.Count(o.sent.count(), o.received.count())
		o.sent, o.received = smallCount{}, smallCount{}
	}
}
