package inflate

import "encoding/binary"

// blockHeader is the header of a block that brings its own codes (RFC 1951
// §3.2.7).
type blockHeader struct {
	literals  int                  // number of code lengths for literals and lengths
	distances int                  // number of code lengths for distances
	codes     int                  // number of code lengths for the code that encodes the others
	read      int                  // how many of these were read
	sizes     [lengthSymbols]uint8 // the code lengths for the code that encodes the others
	lengths   codeLengths
}

const (
	lengthSymbols = 19
	// lengthBits is the number of bits of the longest code for a code length, and
	// lengthExtra the largest number of bits that follow one.
	lengthBits  = 7
	lengthExtra = 7
)

// codeOrder is the order of the code lengths for the code that encodes the others.
var codeOrder = [lengthSymbols]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

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
	clear(h.sizes[:])
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
		h.sizes[codeOrder[h.read]] = uint8(f.take(3))
	}
	h.lengths.reset()
	for _, n := range h.sizes {
		h.lengths.add(int(n), 1)
	}
	if !f.own[0].build(&h.lengths, 0, lengthSymbols, lengthMeanings[:], 0) {
		return invalid
	}
	h.lengths.reset()
	f.step = inLengths
	return proceed
}

// lengths reads the code lengths.
func (f *state) lengths() outcome {
	l, total := &f.header.lengths, f.header.literals+f.header.distances
	for f.lengthsFast(); l.count < total; f.lengthsFast() {
		s, o := f.symbol(&f.own[0], 0)
		if o != proceed {
			return o
		}
		length := s.length()
		if s&isLast != 0 {
			length = l.last
		}
		if length == noLength {
			return invalid
		}
		f.drop(s.codeBits() - s.extraBits())
		l.add(length, s.value()+f.take(s.extraBits()))
	}
	if l.count > total {
		return invalid
	}
	return f.ownCodes()
}

// lengthsFast is lengths, after the first code length, while src has so much left that
// the bits need not be counted one by one. It leaves what is invalid to lengths.
func (f *state) lengthsFast() {
	l, total, src, code := &f.header.lengths, f.header.literals+f.header.distances, f.src, &f.own[0]
	used, bits, count := f.used, f.bits, f.count
	if l.runs == 0 {
		return
	}
	symbols, last, runs, latest := l.count, l.last, l.runs, l.run[l.runs-1]
	for symbols < total {
		if count < lengthBits+lengthExtra {
			if len(src)-used < 8 {
				break
			}
			bits |= binary.LittleEndian.Uint64(src[used:]) << (count & 63)
			used += int(63-count) >> 3
			count |= 56
		}
		s := code.root[bits&code.mask%(1<<rootBits)]
		if s == 0 {
			break
		}
		length := s.length()
		if s&isLast != 0 {
			length = last
		}
		// Three conditional moves. A branch would be mispredicted again and again if
		// the lengths are random.
		next, more := newRun(length, symbols), 0
		if length != last {
			latest = next
		}
		if length != last {
			more = 1
		}
		runs += more
		l.run[runs-1] = latest
		last = length
		extra := bits >> ((s.codeBits() - s.extraBits()) & 15) & (1<<s.extraBits() - 1)
		symbols += s.value() + int(extra)
		bits >>= s.codeBits()
		count -= s.codeBits()
	}
	l.count, l.last, l.runs = symbols, last, runs
	l.run[runs] = newRun(0, symbols)
	f.used, f.bits, f.count = used, bits&(1<<count-1), count
}

// ownCodes builds the codes that the block brings.
func (f *state) ownCodes() outcome {
	h := &f.header
	f.literals, f.distances = &f.own[0], &f.own[1]
	if !f.literals.build(&h.lengths, 0, h.literals, literalMeanings[:], rootBits) ||
		!f.distances.build(&h.lengths, h.literals, h.lengths.count, distanceMeanings[:], 0) {
		return invalid
	}
	f.step = inSymbols
	return proceed
}
