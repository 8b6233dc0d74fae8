package inflate

// blockHeader is the header of a block that brings its own codes (RFC 1951
// §3.2.7).
type blockHeader struct {
	literals  int // number of code lengths for literals and lengths
	distances int // number of code lengths for distances
	codes     int // number of code lengths for the code that encodes the others
	read      int // number of code lengths that were read, in the step under way
	lengths   [maxLiterals + maxDistances]uint8
}

const (
	maxLiterals  = 286
	maxDistances = 30
)

// codeOrder is the order of the code lengths for the code that encodes the others.
var codeOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// fixedLiterals and fixedDistances are the codes of RFC 1951 §3.2.6.
var fixedLiterals, fixedDistances = fixed()

func fixed() (literals, distances *huffman) {
	literals, distances = new(huffman), new(huffman)
	var lengths [288]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	literals.build(lengths[:], literalMeanings[:])
	for i := range 32 {
		lengths[i] = 5
	}
	distances.build(lengths[:32], distanceMeanings[:])
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

// sizes reads how many code lengths of each kind a block brings.
func (f *state) sizes() outcome {
	if !f.need(14) {
		return starved
	}
	h := &f.header
	h.literals = f.take(5) + 257
	h.distances = f.take(5) + 1
	h.codes = f.take(4) + 4
	if h.literals > maxLiterals || h.distances > maxDistances {
		return invalid
	}
	h.read = 0
	clear(h.lengths[:len(codeOrder)])
	f.step = inCodeLengths
	return proceed
}

// codeLengths reads the code that encodes the code lengths.
func (f *state) codeLengths() outcome {
	h := &f.header
	for ; h.read < h.codes; h.read++ {
		if !f.need(3) {
			return starved
		}
		h.lengths[codeOrder[h.read]] = uint8(f.take(3))
	}
	if !f.own[0].build(h.lengths[:len(codeOrder)], lengthMeanings[:]) {
		return invalid
	}
	h.read = 0
	f.step = inLengths
	return proceed
}

// lengths reads the code lengths.
func (f *state) lengths() outcome {
	h := &f.header
	for h.read < h.literals+h.distances {
		s, o := f.symbol(&f.own[0], 0)
		if o != proceed {
			return o
		}
		if !f.need(s.codeBits() + s.extraBits()) {
			return starved
		}
		f.drop(s.codeBits())
		if !h.add(s.value(), f.take(s.extraBits())) {
			return invalid
		}
	}
	return f.codes()
}

// add adds a code length, or the same one several times. It reports whether they
// are no more than were announced.
func (h *blockHeader) add(code, extra int) bool {
	length, repeat := uint8(code), 1
	switch code {
	case 16:
		if h.read == 0 {
			return false
		}
		length, repeat = h.lengths[h.read-1], 3+extra
	case 17:
		length, repeat = 0, 3+extra
	case 18:
		length, repeat = 0, 11+extra
	}
	if h.read+repeat > h.literals+h.distances {
		return false
	}
	for range repeat {
		h.lengths[h.read] = length
		h.read++
	}
	return true
}

// codes builds the block's codes.
func (f *state) codes() outcome {
	h := &f.header
	f.literals, f.distances = &f.own[0], &f.own[1]
	if !f.literals.build(h.lengths[:h.literals], literalMeanings[:]) ||
		!f.distances.build(h.lengths[h.literals:h.literals+h.distances], distanceMeanings[:]) {
		return invalid
	}
	f.step = inSymbols
	return proceed
}
