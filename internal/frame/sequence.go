package frame

// Sequence checks that frames follow each other as RFC 6455 §5.4 demands: a
// message is begun once, continued, and finished before the next begins.
// Control frames stand outside it. The zero value expects a new message.
type Sequence struct {
	open Opcode // Text or Binary inside a message, else Continuation
}

// Next takes the header of the frame that arrives and returns the opcode of
// the message it belongs to.
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
