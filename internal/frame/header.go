package frame

import "encoding/binary"

const (
	// MaxHeader is the length in bytes of the longest header: two bytes, an eight-byte
	// length and a masking key (RFC 6455 §5.2).
	MaxHeader = 14
	// MaxControl is the length in bytes of the longest payload of a control frame (§5.5).
	MaxControl = 125
)

// RSV1 is the bit of a frame's first byte that marks a compressed message (RFC 7692 §6).
const RSV1 = 0x40

const (
	finBit  = 0x80
	rsvBits = 0x70
	opBits  = 0x0F
	maskBit = 0x80
	lenBits = 0x7F
	len16   = 126
	len64   = 127
)

// KeyLength is the length in bytes of a masking key in a header.
const KeyLength = 4

// Header is the header of a frame, which precedes its payload. It has no more than four
// fields: with more the compiler keeps it in memory instead of registers.
type Header struct {
	Length uint64 // of the payload, below 2^63
	Key    Key    // zero when the frame is not masked
	First  byte   // the first byte: FIN, RSV1 and the opcode
}

// Opcode returns the opcode.
func (h Header) Opcode() Opcode { return OpcodeOf(h.First) }

// Fin reports whether the frame is the last one of its message.
func (h Header) Fin() bool { return h.First&finBit != 0 }

// RSV1 reports whether RSV1 is set: the frame's message is compressed.
func (h Header) RSV1() bool { return h.First&RSV1 != 0 }

// Side is one of the two sides of a connection.
type Side uint8

const (
	Server Side = iota // reads the frames of a client, which are masked (RFC 6455 §5.1)
	Client             // reads the frames of a server, which are not masked
)

// Parse parses the header at the start of b of a frame that the given side receives. n
// is the length of the header, 0 if b does not contain all of it. A violation is an
// error as soon as b contains the byte that shows it. rsv1 is whether RSV1 may be set,
// on the first frame of a data message. Parse does not check the order of frames; see
// Sequence.
func Parse(b []byte, side Side, rsv1 bool) (h Header, n int, err error) {
	if len(b) == 0 {
		return Header{}, 0, nil
	}
	h.First = b[0]
	if err := checkFirst(b[0], rsv1); err != nil {
		return Header{}, 0, err
	}
	if len(b) < 2 {
		return Header{}, 0, nil
	}
	if err := checkSecond(b[1], side, h.Opcode()); err != nil {
		return Header{}, 0, err
	}
	n = 2
	switch short := b[1] & lenBits; short {
	case len16:
		if n += 2; len(b) < n {
			return Header{}, 0, nil
		}
		h.Length = uint64(binary.BigEndian.Uint16(b[2:]))
		if h.Length < len16 {
			return Header{}, 0, ErrLengthNotMinimal
		}
	case len64:
		if n += 8; len(b) < n {
			return Header{}, 0, nil
		}
		h.Length = binary.BigEndian.Uint64(b[2:])
		if h.Length>>63 != 0 {
			return Header{}, 0, ErrLengthTooLarge
		}
		if h.Length <= 0xFFFF {
			return Header{}, 0, ErrLengthNotMinimal
		}
	default:
		h.Length = uint64(short)
	}
	if side == Client {
		return h, n, nil
	}
	if len(b) < n+KeyLength {
		return Header{}, 0, nil
	}
	h.Key = Key(binary.LittleEndian.Uint32(b[n:]))
	return h, n + KeyLength, nil
}

// OpcodeOf returns the opcode of a frame with the given first byte.
func OpcodeOf(first byte) Opcode { return Opcode(first & opBits) }

// Whole reports whether b begins with a complete frame that the given side receives. It
// may be invalid, unless its length takes more than one byte: such a header must be valid.
func Whole(b []byte, side Side) bool {
	if len(b) < 2 {
		return false
	}
	if short := int(b[1] & lenBits); short < len16 {
		if side == Server {
			short += KeyLength
		}
		return len(b) >= 2+short
	}
	h, n, _ := Parse(b, side, true)
	return n > 0 && uint64(len(b)-n) >= h.Length
}

func checkFirst(b byte, rsv1 bool) error {
	reserved, op := b&rsvBits, OpcodeOf(b)
	if rsv1 && op.begins() {
		reserved &^= RSV1
	}
	switch {
	case reserved != 0:
		return ErrReservedBits
	case op.reserved():
		return ErrReservedOpcode
	case op.Control() && b&finBit == 0:
		return ErrControlFragmented
	}
	return nil
}

func checkSecond(b byte, side Side, op Opcode) error {
	switch masked := b&maskBit != 0; {
	case masked != (side == Server):
		return maskError(side)
	case op.Control() && b&lenBits > MaxControl:
		return ErrControlTooLong
	}
	return nil
}

// maskError returns the violation of a frame whose masking is wrong for the side that
// receives it (RFC 6455 §5.1).
func maskError(side Side) error {
	if side == Server {
		return ErrUnmasked
	}
	return ErrMasked
}

// Append appends to dst the header of an unmasked frame, as a server sends it, and
// returns the extended slice. length is that of the payload, in bytes.
func Append(dst []byte, op Opcode, fin bool, length int) []byte {
	first := byte(op)
	if fin {
		first |= finBit
	}
	switch {
	case length <= MaxControl:
		return append(dst, first, byte(length))
	case length <= 0xFFFF:
		return binary.BigEndian.AppendUint16(append(dst, first, len16), uint16(length))
	default:
		return binary.BigEndian.AppendUint64(append(dst, first, len64), uint64(length))
	}
}

// Size returns the length in bytes of an unmasked frame with a payload of the given
// length. A masked frame has KeyLength bytes more.
func Size(length int) int {
	switch {
	case length <= MaxControl:
		return 2 + length
	case length <= 0xFFFF:
		return 4 + length
	default:
		return 10 + length
	}
}
