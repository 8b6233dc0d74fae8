package deflate

import (
	"encoding/binary"
	"math/bits"
)

// writeLiteral writes a byte in the code of RFC 1951 §3.2.6. Codes are written
// with their first bit lowest, and so their bits are reversed.
func (e *fixedEncoder) writeLiteral(b byte) {
	if b < 144 {
		e.write(uint64(bits.Reverse8(0x30+b)), 8)
	} else {
		e.write(uint64(bits.Reverse16(0x190+uint16(b-144))>>7), 9)
	}
}

// writeMatch writes a length and a distance.
func (e *fixedEncoder) writeMatch(length, distance int) {
	code, extra := lengthCode(uint(length - 3))
	if code < 24 {
		e.write(uint64(bits.Reverse8(uint8(code))>>1), 7)
	} else {
		e.write(uint64(bits.Reverse8(uint8(0xC0+code-24))), 8)
	}
	e.write(uint64(length-3)&(1<<extra-1), extra)
	code, extra = distanceCode(uint(distance - 1))
	e.write(uint64(bits.Reverse8(uint8(code))>>3), 5)
	e.write(uint64(distance-1)&(1<<extra-1), extra)
}

// lengthCode returns the code of a length, counted from that of the end of the
// block, and the number of extra bits, which are the lowest ones of the length.
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

// distanceCode returns the same for a distance.
func distanceCode(distance uint) (code, extra uint) {
	if distance < 4 {
		return distance, 0
	}
	extra = uint(bits.Len(distance)) - 2
	return 2*extra + distance>>extra, extra
}

// write writes the lowest n bits of v.
func (e *fixedEncoder) write(v uint64, n uint) {
	e.bits |= v << e.count
	if e.count += n; e.count >= 32 {
		e.out = binary.LittleEndian.AppendUint32(e.out, uint32(e.bits))
		e.bits >>= 32
		e.count -= 32
	}
}

// flush writes the bits that are left, and zeros up to the end of a byte.
func (e *fixedEncoder) flush() {
	for ; e.count > 0; e.count -= min(e.count, 8) {
		e.out = append(e.out, byte(e.bits))
		e.bits >>= 8
	}
}
