package frame

// Opcode is the opcode of a frame, which says what its payload is (RFC 6455 §5.2).
type Opcode uint8

const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xA
)

// Control reports whether the frame is a control frame: it is not fragmented, has at most
// MaxControl bytes, and may come between the fragments of a message (§5.5).
func (o Opcode) Control() bool { return o&0x8 != 0 }

// begins reports whether the frame is the first of a data message.
func (o Opcode) begins() bool { return o == Text || o == Binary }

// reserved reports whether RFC 6455 reserves the opcode for later use.
func (o Opcode) reserved() bool { return o&0x7 > 2 }
