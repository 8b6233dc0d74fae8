package frame

// Sequence checks the order of the frames received (RFC 6455 §5.4): a message has a
// first frame, continuation frames, and an end before the next message begins. Control
// frames may come at any point. The zero value expects a new message.
type Sequence struct {
	open Opcode // Text or Binary inside a message, else Continuation
}

// Next checks the next frame, of which it is given the opcode and whether it is the last
// one of its message. It returns the opcode of the message that the frame belongs to, or
// the frame's own if it is a control frame.
func (s *Sequence) Next(op Opcode, fin bool) (Opcode, error) {
	if op.Control() {
		return op, nil
	}
	of := s.open
	switch {
	case op == Continuation && of == Continuation:
		return 0, ErrNoMessageOpen
	case op != Continuation && of != Continuation:
		return 0, ErrMessageOpen
	case op != Continuation:
		of = op
	}
	s.open = of
	if fin {
		s.open = Continuation
	}
	return of, nil
}
