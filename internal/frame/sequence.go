package frame

// Sequence checks the order of the frames received (RFC 6455 §5.4): a message has a
// first frame, continuation frames, and an end before the next message begins. Control
// frames may come at any point. The zero value expects a new message.
type Sequence struct {
	open Opcode // Text or Binary inside a message, else Continuation
}

// Next checks the next frame, and returns the opcode of the message that it belongs to,
// or the frame's own if it is a control frame.
func (s *Sequence) Next(h Header) (Opcode, error) {
	if h.Opcode.Control() {
		return h.Opcode, nil
	}
	of := s.open
	switch {
	case h.Opcode == Continuation && of == Continuation:
		return 0, ErrNoMessageOpen
	case h.Opcode != Continuation && of != Continuation:
		return 0, ErrMessageOpen
	case h.Opcode != Continuation:
		of = h.Opcode
	}
	s.open = of
	if h.Fin {
		s.open = Continuation
	}
	return of, nil
}
