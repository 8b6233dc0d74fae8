package frame

// naiveParse reads a header as RFC 6455 §5.2 draws it, field by field and bit
// by bit, and is what Parse is compared with.
func naiveParse(b []byte, side Side, rsv1 bool) (h Header, n int, err error) {
	bits := bitReader{bytes: b}
	fin, rsv, op := bits.take(1), bits.take(3), Opcode(bits.take(4))
	control := op >= 8
	switch {
	case bits.short:
		return Header{}, 0, nil
	case rsv != 0 && !(rsv == 4 && rsv1 && (op == Text || op == Binary)):
		return Header{}, 0, ErrReservedBits
	case op >= 3 && op <= 7, op >= 0xB:
		return Header{}, 0, ErrReservedOpcode
	case control && fin == 0:
		return Header{}, 0, ErrControlFragmented
	}
	mask, length := bits.take(1), bits.take(7)
	switch {
	case bits.short:
		return Header{}, 0, nil
	case side == Server && mask == 0:
		return Header{}, 0, ErrUnmasked
	case side == Client && mask == 1:
		return Header{}, 0, ErrMasked
	case control && length > 125:
		return Header{}, 0, ErrControlTooLong
	}
	least := uint64(0)
	switch length {
	case 126:
		length, least = bits.take(16), 126
	case 127:
		length, least = bits.take(64), 1<<16
	}
	switch {
	case bits.short:
		return Header{}, 0, nil
	case length >= 1<<63:
		return Header{}, 0, ErrLengthTooLarge
	case length < least:
		return Header{}, 0, ErrLengthNotMinimal
	}
	var key Key
	for i := range 4 * int(mask) {
		key |= Key(bits.take(8)) << (8 * i)
	}
	if bits.short {
		return Header{}, 0, nil
	}
	return Header{length, key, byte(fin<<7|rsv<<4) | byte(op)}, bits.next / 8, nil
}

// bitReader reads numbers of any number of bits, the highest bit first.
type bitReader struct {
	bytes []byte
	next  int  // the number of the next bit
	short bool // bits were asked for that are not there
}

func (r *bitReader) take(n int) (v uint64) {
	for range n {
		if r.next/8 >= len(r.bytes) {
			r.short = true
			return 0
		}
		bit := r.bytes[r.next/8] >> (7 - r.next%8) & 1
		v = v<<1 | uint64(bit)
		r.next++
	}
	return v
}

// naiveMask is RFC 6455 §5.3 to the letter.
func naiveMask(b []byte, key [4]byte, offset int) {
	for i := range b {
		b[i] ^= key[(offset+i)%4]
	}
}

// wellFormed is table 3-7 of the Unicode Standard: all that UTF-8 is made of,
// as ranges of first, second, third and fourth bytes.
var wellFormed = [][][2]byte{
	{{0x00, 0x7F}},
	{{0xC2, 0xDF}, {0x80, 0xBF}},
	{{0xE0, 0xE0}, {0xA0, 0xBF}, {0x80, 0xBF}},
	{{0xE1, 0xEC}, {0x80, 0xBF}, {0x80, 0xBF}},
	{{0xED, 0xED}, {0x80, 0x9F}, {0x80, 0xBF}},
	{{0xEE, 0xEF}, {0x80, 0xBF}, {0x80, 0xBF}},
	{{0xF0, 0xF0}, {0x90, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}},
	{{0xF1, 0xF3}, {0x80, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}},
	{{0xF4, 0xF4}, {0x80, 0x8F}, {0x80, 0xBF}, {0x80, 0xBF}},
}

// firstBad is the index of the first byte of b that no text can have there,
// len(b) if there is none, and whether b ends at a character's end.
func firstBad(b []byte) (bad int, whole bool) {
	begin := 0
	for i := range b {
		switch matched, done := matchCharacter(b[begin : i+1]); {
		case !matched:
			return i, false
		case done:
			begin = i + 1
		}
	}
	return len(b), begin == len(b)
}

// matchCharacter reports whether c begins a row of the table, and is one.
func matchCharacter(c []byte) (matched, done bool) {
	for _, row := range wellFormed {
		if len(c) <= len(row) && inRanges(c, row) {
			return true, len(c) == len(row)
		}
	}
	return false, false
}

func inRanges(c []byte, row [][2]byte) bool {
	for i, b := range c {
		if b < row[i][0] || b > row[i][1] {
			return false
		}
	}
	return true
}
