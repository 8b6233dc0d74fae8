package message

import (
	"github.com/handset-go/handset/internal/buffer"
	"github.com/handset-go/handset/internal/frame"
)

// ErrTooBig is returned once by NextMessage for a message that is longer than its
// limit. The rest of the message is discarded, and the next call of NextMessage
// goes on behind it. All other errors of a Reader stay.
var ErrTooBig = tooBig("message too big")

// tooBig is a violation of a limit (RFC 6455 §7.4.1).
func tooBig(text string) error { return &frame.Violation{Code: 1009, Text: text} }

// NextMessage is Next for whole messages of up to limit bytes, after inflating. It
// puts the parts of a message together in one buffer. Of a message of which Next
// has returned a part, the rest is discarded.
//
// A message that is longer than limit gives ErrTooBig, as soon as the length in a
// frame's header shows it.
func (r *Reader) NextMessage(limit int) (ok bool, err error) {
	r.expire()
	r.direct = false
	if r.message.returned {
		r.message.free()
	}
	for !ok && err == nil {
		ok, err = r.next()
		switch {
		case ok:
			ok, err = r.assemble(limit)
		case err == nil:
			err = r.checkAnnounced(limit)
			r.direct = r.message.open() && r.inFrame && r.isLong && !r.compressed
			return false, err
		}
	}
	return ok, err
}

// assemble makes a whole message of the event, if it ends one.
func (r *Reader) assemble(limit int) (ok bool, err error) {
	e, m := &r.Event, &r.message
	switch {
	case e.Opcode.Control():
		return true, nil
	case e.First && e.Last:
		if m.discards {
			m.free()
			return false, nil
		}
		if len(e.Data) > limit {
			return false, ErrTooBig
		}
		return true, nil
	case e.First:
		m.begin()
	}
	if err = m.add(e.Data, r.announced(), limit); err != nil {
		r.discardRest()
	}
	if e.Last {
		ok = m.finish(e)
	}
	return ok, err
}

// checkAnnounced reports a message that will be too big by the header of the frame
// that is arriving, before the payload has arrived.
func (r *Reader) checkAnnounced(limit int) error {
	missed := r.inMessage && !r.message.begun // Next has returned its beginning
	if !r.inFrame || r.opcode.Control() || r.compressed || missed {
		return nil
	}
	return r.message.expect(r.left, limit)
}

// abandon drops the message that is being put together.
func (r *Reader) abandon() {
	r.direct = false
	r.message.free()
}

// assembly is a message that is being put together, in one buffer that grows as
// its parts arrive.
type assembly struct {
	buf      *buffer.Buffer
	begun    bool // its first part has been added, and not its last
	returned bool // an event has returned buf
	discards bool // the message, or the one about to begin, is too big and is dropped
}

// begin starts a message. It may have been found too big by its first header.
func (a *assembly) begin() {
	announced := a.discards && !a.begun
	a.free()
	a.begun, a.discards = true, announced
}

// expect takes note of how many bytes more there are or are announced. A
// message that has, or is going to have, more than limit of them is reported once
// and dropped. It may have more than limit already, if it was begun with a higher
// one.
func (a *assembly) expect(more uint64, limit int) error {
	have := 0
	if a.buf != nil {
		have = len(a.buf.Bytes)
	}
	if a.discards || have <= limit && more <= uint64(limit-have) {
		return nil
	}
	a.buf.Free()
	a.buf, a.discards = nil, true
	return ErrTooBig
}

// add appends a part. left is how much of its frame is still to come.
func (a *assembly) add(part []byte, left uint64, limit int) error {
	if !a.begun || a.discards {
		return nil
	}
	if err := a.expect(uint64(len(part))+left, limit); err != nil {
		return err
	}
	if a.buf == nil {
		a.buf = buffer.Get(len(part) + int(min(left, uint64(len(part)/4))))
	}
	a.buf = a.buf.Grow(len(part))
	a.buf.Bytes = append(a.buf.Bytes, part...)
	return nil
}

// finish makes e, the last part's event, that of the message. ok is false if the
// beginning is missing or the message was too big.
func (a *assembly) finish(e *Event) (ok bool) {
	begun, discarded := a.begun, a.discards
	a.begun, a.discards = false, false
	if !begun || discarded {
		return false
	}
	a.returned = true
	n := len(a.buf.Bytes)
	e.First, e.Data = true, a.buf.Bytes[:n:n]
	return true
}

// open reports whether a message is being put together.
func (a *assembly) open() bool { return a.begun && !a.discards }

// space is where to read size bytes to, behind what is there, or up to left of
// them if there is space for so many. It is not empty. Unless size says how much has
// arrived, there may be less space than that, so that a buffer has at most about five
// times the bytes that have arrived: a peer that sends the beginning of a message and
// waits does not make a session hold much more than that.
func (a *assembly) space(size, left uint64) []byte {
	n := len(a.buf.Bytes)
	if size <= ChunkSize {
		size = min(size, uint64(max(n/4, smallSpace-n)))
	}
	a.buf = a.buf.Grow(int(size))
	free := min(uint64(cap(a.buf.Bytes)-n), left)
	return a.buf.Bytes[n : n+int(free)]
}

// fit moves the beginning of a message to a smaller buffer, as long as it is short. A long
// one would be moved forth and back with each byte that arrives.
func (a *assembly) fit() {
	if a.buf != nil && !a.returned && len(a.buf.Bytes) <= smallSpace {
		a.buf = a.buf.Fit()
	}
}

// extend takes in n bytes that were read into the space, and returns them.
func (a *assembly) extend(n int) []byte {
	old := len(a.buf.Bytes)
	a.buf.Bytes = a.buf.Bytes[:old+n]
	return a.buf.Bytes[old:]
}

// free gives the buffer back and forgets the message.
func (a *assembly) free() {
	a.buf.Free()
	*a = assembly{}
}
