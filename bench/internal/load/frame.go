package load

import "encoding/binary"

// Opcode is the kind of a frame (RFC 6455 §5.2).
type Opcode byte

// The opcodes a load needs.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	closing      Opcode = 0x8
)

const (
	finBit     = 0x80
	packedBit  = 0x40 // RSV1: a compressed message begins
	maskBit    = 0x80
	maxHeader  = 14 // two bytes, a 64-bit length and a mask
	maxControl = 125
)

// appendHeader appends a frame header without a mask.
func appendHeader(dst []byte, opcode Opcode, fin bool, size int) []byte {
	first := byte(opcode)
	if fin {
		first |= finBit
	}
	switch {
	case size <= maxControl:
		return append(dst, first, byte(size))
	case size <= 0xffff:
		return binary.BigEndian.AppendUint16(append(dst, first, 126), uint16(size))
	default:
		return binary.BigEndian.AppendUint64(append(dst, first, 127), uint64(size))
	}
}

// appendMasked appends a frame as a client sends it.
func appendMasked(dst []byte, opcode Opcode, fin bool, mask [4]byte, payload []byte) []byte {
	start := len(dst)
	dst = appendHeader(dst, opcode, fin, len(payload))
	dst[start+1] |= maskBit
	dst = append(dst, mask[:]...)
	for i, b := range payload {
		dst = append(dst, b^mask[i%4])
	}
	return dst
}

// appendMessage appends a masked message cut into fragments of at most fragment
// bytes; fragment 0 leaves it whole.
func appendMessage(dst []byte, opcode Opcode, mask [4]byte, payload []byte, fragment int) []byte {
	if fragment <= 0 {
		fragment = max(1, len(payload))
	}
	for {
		n := min(fragment, len(payload))
		last := n == len(payload)
		dst = appendMasked(dst, opcode, last, mask, payload[:n])
		if last {
			return dst
		}
		payload, opcode = payload[n:], Continuation
	}
}

// header is a parsed frame header as a server sends it: without a mask.
type header struct {
	opcode Opcode
	fin    bool
	packed bool
	masked bool
	size   uint64
}

// parseHeader reads a header from the start of b and says how many bytes it
// took: 0 when b does not hold all of it yet.
func parseHeader(b []byte) (h header, n int) {
	if len(b) < 2 {
		return header{}, 0
	}
	h = header{opcode: Opcode(b[0] & 0x0f), fin: b[0]&finBit != 0, packed: b[0]&packedBit != 0, masked: b[1]&maskBit != 0}
	switch size := b[1] &^ maskBit; {
	case size < 126:
		h.size, n = uint64(size), 2
	case size == 126 && len(b) >= 4:
		h.size, n = uint64(binary.BigEndian.Uint16(b[2:])), 4
	case size == 127 && len(b) >= 10:
		h.size, n = binary.BigEndian.Uint64(b[2:]), 10
	}
	return h, n
}
