package deflate

import (
	"encoding/binary"
	"math/bits"
)

// writeLiteral writes a byte in the code of RFC 1951 §3.2.6. Codes are written
// with their first bit lowest, so they are turned round.
func (s *short) writeLiteral(b byte) {
	if b < 144 {
		s.write(uint64(bits.Reverse8(0x30+b)), 8)
	} else {
		s.write(uint64(bits.Reverse16(0x190+uint16(b-144))>>7), 9)
	}
}

// writeMatch writes a length and a distance.
func (s *short) writeMatch(length, distance int) {
	code, extra := lengthCode(uint(length - 3))
	if code < 24 {
		s.write(uint64(bits.Reverse8(uint8(code))>>1), 7)
	} else {
		s.write(uint64(bits.Reverse8(uint8(0xC0+code-24))), 8)
	}
	s.write(uint64(length-3)&(1<<extra-1), extra)
	code, extra = distanceCode(uint(distance - 1))
	s.write(uint64(bits.Reverse8(uint8(code))>>3), 5)
	s.write(uint64(distance-1)&(1<<extra-1), extra)
}

// lengthCode is the code of a length, counted from the end of the block's, and
// how many of its lowest bits follow it.
func lengthCode(length uint) (code, extra uint) {
	switch {
	case length == longestMatch-3:
		return 29, 0
	case length < 8:
		return 1 + length, 0
	}
	extra = uint(bits.Len(length)) - 3
	return 1 + 4*extra + length>>extra, extra
}

// distanceCode is the same for a distance.
func distanceCode(distance uint) (code, extra uint) {
	if distance < 4 {
		return distance, 0
	}
	extra = uint(bits.Len(distance)) - 2
	return 2*extra + distance>>extra, extra
}

// write writes the lowest n bits of v.
func (s *short) write(v uint64, n uint) {
	s.bits |= v << s.count
	if s.count += n; s.count >= 32 {
		s.out = binary.LittleEndian.AppendUint32(s.out, uint32(s.bits))
		s.bits >>= 32
		s.count -= 32
	}
}

// flush writes what is left, up to the end of a byte.
func (s *short) flush() {
	for ; s.count > 0; s.count -= min(s.count, 8) {
		s.out = append(s.out, byte(s.bits))
		s.bits >>= 8
	}
}
