package message

import "github.com/handset-go/handset/internal/frame"

// HoldsFrame reports whether another whole frame has arrived that was not read.
func (r *Reader) HoldsFrame() bool {
	b := r.inbox.Bytes()
	if r.inFrame {
		return uint64(len(b)) >= r.left
	}
	return frame.Whole(b, r.Side)
}

// HasBegun reports whether a part of a message has arrived and its end was not
// read. The first byte of its first frame is enough. A control frame is no message.
func (r *Reader) HasBegun() bool {
	if r.inMessage || r.inFrame {
		return r.inMessage || !r.opcode.Control()
	}
	b := r.inbox.Bytes()
	return len(b) > 0 && !frame.OpcodeOf(b[0]).Control()
}

// Held returns the number of bytes that have arrived and were not read, without
// those that NextMessage has already taken.
func (r *Reader) Held() int { return len(r.inbox.Bytes()) }

// PeekClose looks for a Close frame among the frames that have arrived, without
// reading any of them. *at is 0 at first; PeekClose moves it past the frames that
// are none, so that each is looked at once, as long as nothing is read meanwhile.
// err says how the peer broke the protocol: Next will return it.
func (r *Reader) PeekClose(at *uint64) (e Event, found bool, err error) {
	b, from := r.inbox.Bytes(), *at
	switch {
	case r.inFrame && r.opcode == frame.Close: // its header has been read
		return peekPayload(b, r.left, r.unmasked, r.key)
	case r.inFrame:
		from += r.left
	}
	for from <= uint64(len(b)) {
		h, n, err := frame.Parse(b[from:], r.Side, r.Decoder != nil)
		if n == 0 || err != nil {
			return e, false, err
		}
		if h.Opcode == frame.Close {
			return peekPayload(b[from+uint64(n):], h.Length, 0, h.Key)
		}
		size := uint64(n) + h.Length
		*at += size
		from += size
	}
	return e, false, nil
}

// peekPayload looks at the payload of a Close frame, of which b has what has arrived. The
// first bytes of it may be unmasked already, and key meets the next.
func peekPayload(b []byte, length uint64, unmasked int, key frame.Key) (e Event, found bool, err error) {
	if uint64(len(b)) < length {
		return e, false, nil
	}
	p := append(make([]byte, 0, frame.MaxControl), b[:length]...)
	frame.Mask(p[unmasked:], key)
	e = Event{Opcode: frame.Close, First: true, Last: true}
	e.Code, e.Reason, err = frame.ParseClose(p)
	return e, err == nil, err
}
