package outbox

import "math"

// Count is how much has gone in one direction.
type Count struct {
	Messages, Frames uint32 // data messages, and frames of any kind
	Headers, Wire    uint64 // bytes of the frames' headers, and of all of them
}

func (c *Count) add(d Count) {
	c.Messages += d.Messages
	c.Frames += d.Frames
	c.Headers += d.Headers
	c.Wire += d.Wire
}

// frame counts a frame that is queued.
func (c *Count) frame(f *Frame) {
	if f.Fin && !f.Opcode.Control() {
		c.Messages++
	}
	c.Frames++
	c.Headers += uint64(f.size() - len(f.Data))
	c.Wire += uint64(f.size())
}

// sum is a Count in little room. What goes by is added up in it, under the lock
// that is held anyway. To tell the host, who counts for many, costs several times
// as much, and is done when the sum is full, when somebody asks, and at the end.
type sum struct {
	wire, headers    uint16
	frames, messages uint8
}

func (s sum) count() Count {
	return Count{uint32(s.messages), uint32(s.frames), uint64(s.headers), uint64(s.wire)}
}

// add adds what has gone by, if there is room for it.
func (s *sum) add(c Count) bool {
	c.add(s.count())
	if max(c.Messages, c.Frames) > math.MaxUint8 || max(c.Headers, c.Wire) > math.MaxUint16 {
		return false
	}
	*s = sum{uint16(c.Wire), uint16(c.Headers), uint8(c.Frames), uint8(c.Messages)}
	return true
}

// countSentLocked counts what a write has begun to take.
func (o *Outbox) countSentLocked(h Host) {
	t := o.traffic
	if t == nil || t.leaving.Frames == 0 {
		return
	}
	if !o.sent.add(t.leaving) {
		o.tellLocked(h)
		h.Count(t.leaving, Count{})
	}
	t.leaving = Count{}
}

func (o *Outbox) countReceivedLocked(h Host, c Count) {
	if !o.received.add(c) {
		o.tellLocked(h)
		h.Count(Count{}, c)
	}
}

// Received counts what has come from the peer, for those who do not wait for
// more of it in Idle.
func (o *Outbox) Received(h Host, c Count) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.countReceivedLocked(h, c)
	if o.aborted {
		o.tellLocked(h) // nobody else will
	}
}

// Tell tells the host all that has been counted, and returns what Buffered does.
func (o *Outbox) Tell(h Host) (buffered int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tellLocked(h)
	return o.traffic.buffered()
}

func (o *Outbox) tellLocked(h Host) {
	if o.sent != (sum{}) || o.received != (sum{}) {
		h.Count(o.sent.count(), o.received.count())
		o.sent, o.received = sum{}, sum{}
	}
}
