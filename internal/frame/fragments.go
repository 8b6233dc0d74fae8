package frame

// Fragments is the state of one message that is sent in fragments: which of them
// have been sent, and how far its text has been checked. It is a value: the caller
// keeps what Next returns when the fragment has been sent, and the old state when
// it has not. The zero value is a message that has not begun.
type Fragments struct {
	open bool // the first fragment has been sent, and the last has not
	text bool
	utf8 UTF8
}

// Next returns the state after one more fragment with the given opcode, FIN bit
// and payload. The first has the opcode of the message, all others Continuation
// (RFC 6455 §5.4). A first fragment begins another message, whatever the state.
//
// Next fails with ErrNoMessageOpen if there is nothing to continue. It fails with
// ErrInvalidUTF8 if a text cannot be UTF-8 any more, or ends inside a character; a
// character may be cut by the end of any other fragment (§5.6).
func (f Fragments) Next(op Opcode, fin bool, payload []byte) (Fragments, error) {
	if op.begins() {
		f = Fragments{open: true, text: op == Text}
	}
	if !f.open {
		return Fragments{}, ErrNoMessageOpen
	}
	if f.text && (!f.utf8.Write(payload) || fin && !f.utf8.Whole()) {
		return Fragments{}, ErrInvalidUTF8
	}
	f.open = !fin
	return f, nil
}

// Open reports whether the message has begun and has not ended.
func (f Fragments) Open() bool { return f.open }
