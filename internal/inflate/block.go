package inflate

// fixedLiterals and fixedDistances are the codes of RFC 1951 §3.2.6.
var fixedLiterals, fixedDistances = fixed()

func fixed() (literals, distances *huffman) {
	literals, distances = new(huffman), new(huffman)
	var l codeLengths
	l.reset()
	for _, r := range [][2]int{{8, 144}, {9, 112}, {7, 24}, {8, 8}} {
		l.add(r[0], r[1])
	}
	literals.build(&l, 0, 288, literalMeanings[:], rootBits)
	l.reset()
	l.add(5, 32)
	distances.build(&l, 0, 32, distanceMeanings[:], 0)
	return literals, distances
}

// block reads the first bits of a block.
func (f *state) block() outcome {
	if !f.need(3) {
		return starved
	}
	f.final = f.take(1) == 1
	switch f.take(2) {
	case 0:
		f.drop(f.count & 7) // up to the next byte
		f.step = atStoredLength
	case 1:
		f.literals, f.distances = fixedLiterals, fixedDistances
		f.step = inSymbols
	case 2:
		f.step = atSizes
	default:
		return invalid
	}
	return proceed
}

// endBlock ends a block. After a final block another stream may begin, on the next
// byte (RFC 7692 §7.2.3.4). Its matches may refer to the bytes before it.
func (f *state) endBlock() outcome {
	if f.final {
		f.drop(f.count & 7)
	}
	f.step = atBlock
	return proceed
}

// storedLength reads the header of a stored block.
func (f *state) storedLength() outcome {
	if !f.need(32) {
		return starved
	}
	length, complement := f.take(16), f.take(16)
	if length != complement^0xFFFF {
		return invalid
	}
	f.stored, f.step = length, inStored
	return proceed
}

// copyStored copies the data of a stored block.
func (f *state) copyStored() outcome {
	for f.stored > 0 {
		switch {
		case f.count == 0 && f.used == len(f.src):
			return starved
		case f.n == len(f.dst):
			return full
		case f.count > 0:
			f.dst[f.n] = byte(f.take(8))
			f.n++
			f.stored--
		default:
			length := min(f.stored, len(f.src)-f.used)
			n := copy(f.dst[f.n:], f.src[f.used:f.used+length])
			f.n += n
			f.used += n
			f.stored -= n
		}
	}
	return f.endBlock()
}
