package ws

import (
	"fmt"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/outbox"
)

// kinds says what frame each Kind is sent as.
var kinds = [...]struct {
	opcode   frame.Opcode
	fin      bool
	piece    bool // of a fragmented message
	sendable bool
}{
	Text:        {opcode: frame.Text, fin: true, sendable: true},
	Binary:      {opcode: frame.Binary, fin: true, sendable: true},
	Ping:        {opcode: frame.Ping, fin: true, sendable: true},
	Pong:        {opcode: frame.Pong, fin: true, sendable: true},
	Close:       {},
	FirstText:   {opcode: frame.Text, piece: true, sendable: true},
	FirstBinary: {opcode: frame.Binary, piece: true, sendable: true},
	Continue:    {opcode: frame.Continuation, piece: true, sendable: true},
	Last:        {opcode: frame.Continuation, fin: true, piece: true, sendable: true},
}

func errKind(k Kind) error { return fmt.Errorf("ws: cannot send a message of %v", k) }

// sent turns the outbox's errors into those of this package.
func (s *Session) sent(err error) error {
	if err == nil {
		return nil
	}
	return s.unsent(err)
}

// unsent is apart so that sent can be inlined. What a closed session says at its
// end is more than it could say when it was closed.
//
//go:noinline
func (s *Session) unsent(err error) error {
	switch err {
	case outbox.ErrFull:
		return ErrBufferFull
	}
	if closed(err) {
		return s.orEnd(err)
	}
	return err
}

// orEnd is the error of a send or a receive that is not to wait, because its
// context has ended or the session is closed: the session's own if that has
// ended, since nobody waits for anything then.
func (s *Session) orEnd(err error) error {
	if cause := s.ended(); cause != nil {
		return closedBy(cause)
	}
	return err
}
