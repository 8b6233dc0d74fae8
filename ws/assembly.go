package ws

import "github.com/handset-go/handset/internal/buffer"

// assembly is a message that is being put together from its pieces, in one
// buffer that grows as they arrive.
type assembly struct {
	buf   *buffer.Buffer
	kind  Kind // Text or Binary, 0 between messages
	lent  bool // buf belongs to the application until the next receive
	skips bool // the message, or the one about to begin, is too big and is dropped
}

// begin starts a message whose first piece has the given kind.
func (a *assembly) begin(first Kind) {
	foreseen := a.skips && a.kind == 0
	a.free()
	a.skips = foreseen
	a.kind = Text
	if first == FirstBinary {
		a.kind = Binary
	}
}

// expect takes note of how many bytes more there are or are announced. A
// message that has, or is going to have, more than max of them is reported once
// and dropped. It may have more than max already, if it was begun by an aggregate
// with a higher limit.
func (a *assembly) expect(more uint64, max int) error {
	have := 0
	if a.buf != nil {
		have = len(a.buf.Bytes)
	}
	if a.skips || have <= max && more <= uint64(max-have) {
		return nil
	}
	a.buf.Free()
	a.buf, a.skips = nil, true
	return ErrMessageTooBig
}

// add appends a piece. left is how much of its frame is still to come, and max
// the longest message.
func (a *assembly) add(piece []byte, left uint64, max int) error {
	if a.kind == 0 || a.skips {
		return nil
	}
	if err := a.expect(uint64(len(piece))+left, max); err != nil {
		return err
	}
	if a.buf == nil {
		a.buf = buffer.Get(len(piece) + int(min(left, uint64(len(piece)))))
	}
	a.buf = a.buf.Grow(len(piece))
	a.buf.Bytes = append(a.buf.Bytes, piece...)
	return nil
}

// finish ends the message and puts it into msg. ok is false if there was none,
// or it was too big.
func (a *assembly) finish(msg *Message) (ok bool) {
	kind, skipped := a.kind, a.skips
	a.kind, a.skips = 0, false
	if kind == 0 || skipped {
		return false
	}
	a.lent = true
	n := len(a.buf.Bytes)
	*msg = Message{Kind: kind, Data: a.buf.Bytes[:n:n]}
	return true
}

// open reports whether a message is being put together.
func (a *assembly) open() bool { return a.kind != 0 && !a.skips }

// space is where to read size bytes to, behind what is there, or up to left of
// them if there is room.
func (a *assembly) space(size, left uint64) []byte {
	a.buf = a.buf.Grow(int(size))
	n := len(a.buf.Bytes)
	room := min(uint64(cap(a.buf.Bytes)-n), left)
	return a.buf.Bytes[n : n+int(room)]
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
