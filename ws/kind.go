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
func sent(err error) error {
	switch err {
	case outbox.ErrFull:
		return ErrBufferFull
	case outbox.ErrNoMessage:
		return errNoMessageOpen
	case frame.ErrInvalidUTF8:
		return errNotUTF8
	}
	return err
}
