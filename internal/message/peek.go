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
	if r.inFrame && r.opcode == frame.Close {
		return r.peekBegunClose()
	}
	if r.inFrame {
		from += r.left
	}
	for from <= uint64(len(b)) {
		h, n, err := frame.Parse(b[from:], r.Side, r.Decoder != nil)
		if n == 0 || err != nil {
			return e, false, err
		}
		size := uint64(n) + h.Length
		if h.Opcode() != frame.Close {
			*at += size
			from += size
			continue
		}
		if from+size > uint64(len(b)) {
			return e, false, nil
		}
		p := append(make([]byte, 0, frame.MaxControl), b[from+uint64(n):from+size]...)
		frame.Mask(p, h.Key)
		return closeEvent(p)
	}
	return e, false, nil
}

// peekBegunClose is PeekClose if the header of the Close frame has been read.
func (r *Reader) peekBegunClose() (e Event, found bool, err error) {
	b := r.inbox.Bytes()
	if uint64(len(b)) < r.left {
		return e, false, nil
	}
	p := append(make([]byte, 0, frame.MaxControl), b[:r.left]...)
	frame.Mask(p[r.unmasked:], r.key)
	return closeEvent(p)
}

// closeEvent returns the event of a Close frame with a payload.
func closeEvent(p []byte) (e Event, ok bool, err error) {
	e = Event{Opcode: frame.Close, First: true, Last: true}
	e.Code, e.Reason, err = frame.ParseClose(p)
	return e, err == nil, err
}
