package frame

// Opcode is the four bits that say what a frame carries (RFC 6455 §11.8).
type Opcode uint8

const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xA
)

// Control reports whether the frame is a control frame: never fragmented, at
// most MaxControl bytes, allowed between the fragments of a message.
func (o Opcode) Control() bool { return o&0x8 != 0 }

// begins reports whether a data message begins with the frame.
func (o Opcode) begins() bool { return o == Text || o == Binary }

// reserved reports whether RFC 6455 gives the opcode no meaning.
func (o Opcode) reserved() bool { return o&0x7 > 2 }
