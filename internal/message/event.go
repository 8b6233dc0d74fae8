package message

import "github.com/handset-go/handset/internal/frame"

// Event is a message, a part of one, or a control frame.
type Event struct {
	// Opcode is Text, Binary, Ping, Pong or Close. For a part of a message it is
	// that of the message.
	Opcode frame.Opcode
	// First and Last report whether Data is the beginning and the end of its
	// message. Both are true for a whole message and a control frame. Where the
	// parts of a message begin and end carries no meaning (RFC 6455 §5.4), and a
	// part of a text can end inside a character.
	First, Last bool
	// Code and Reason are those of a Close frame. Code is 0 if it has none.
	Code   uint16
	Reason string
	// Data is the payload of any other event. The package comment says how long it
	// is valid.
	Data []byte
}

// set makes e an event that is no Close frame, which alone has a code and a reason
// and is a connection's last.
func (e *Event) set(opcode frame.Opcode, first, last bool, data []byte) {
	e.Opcode, e.First, e.Last, e.Data = opcode, first, last, data
}

// Count is how much has been read.
type Count struct {
	Messages, Frames uint32 // data messages, and frames of any kind
	Headers, Wire    uint64 // bytes of the frames' headers, and of all of them
}
