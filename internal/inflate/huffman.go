package inflate

import "math/bits"

const (
	rootBits = 9  // codes of up to so many bits are found by one look at a table
	longest  = 15 // bits of the longest code (RFC 1951 §3.2.7)
)

// symbol is the meaning of a code. Its lowest four bits are the length of the
// code, the next four the number of extra bits that follow it. Then comes its
// kind, and from bit 16 on its value: a byte, or the smallest length or distance
// that the code stands for. The zero symbol has no meaning.
type symbol uint32

const (
	isLiteral symbol = 1 << 8
	isBase    symbol = 1 << 9 // a length or a distance
	isEnd     symbol = 1 << 10
)

func (s symbol) codeBits() uint  { return uint(s & 15) }
func (s symbol) extraBits() uint { return uint(s >> 4 & 15) }
func (s symbol) value() int      { return int(s >> 16) }

// The meanings of the codes, without the lengths of the codes themselves. Those
// that RFC 1951 §3.2.5 and §3.2.6 rule out are zero.
var (
	literalMeanings  = meaningsOfLiterals()
	distanceMeanings = meaningsOfDistances()
	lengthMeanings   = meaningsOfLengths()
)

func meaningsOfLiterals() (m [288]symbol) {
	for b := range 256 {
		m[b] = isLiteral | symbol(b)<<16
	}
	m[256] = isEnd
	for i := range 28 {
		extra := max(i/4-1, 0)
		base := i
		if i >= 4 {
			base = (4 + i%4) << extra
		}
		m[257+i] = isBase | symbol(extra)<<4 | symbol(base+3)<<16
	}
	m[285] = isBase | 258<<16
	return m
}

func meaningsOfDistances() (m [32]symbol) {
	for i := range 30 {
		extra := max(i/2-1, 0)
		base := i
		if i >= 2 {
			base = (2 + i%2) << extra
		}
		m[i] = isBase | symbol(extra)<<4 | symbol(base+1)<<16
	}
	return m
}

func meaningsOfLengths() (m [19]symbol) {
	for i := range m {
		m[i] = isLiteral | symbol(i)<<16
	}
	for i, extra := range []symbol{2, 3, 7} {
		m[16+i] |= extra << 4 // how many times a length is repeated
	}
	return m
}

// huffman decodes one of a block's codes. A table indexed by the next bits finds
// the short codes. The longer ones, which are rare, are decoded bit by bit.
type huffman struct {
	root    [1 << rootBits]symbol
	counts  [longest + 1]uint16 // number of codes of each length
	sorted  [288]symbol         // in the order of the codes, which is that of their lengths
	code    int32               // the first rootBits bits of the first longer code
	skipped int32               // number of codes that are not longer
}

// build makes h the decoder of the canonical code with these lengths (RFC 1951
// §3.2.2). It returns false if there is no such code. An incomplete code is
// refused, as in zlib, unless it is a single code of one bit. A code without any
// symbols is allowed; to find one in it fails.
func (h *huffman) build(lengths []uint8, meanings []symbol) bool {
	h.counts = [longest + 1]uint16{}
	for _, n := range lengths {
		h.counts[n&longest]++
	}
	unused := h.counts[0]
	h.counts[0] = 0
	if !complete(&h.counts) && int(unused) != len(lengths) && (h.counts[1] != 1 || int(unused) != len(lengths)-1) {
		return false
	}
	h.sort(lengths, meanings)
	h.fill()
	return true
}

// complete reports whether the code uses all sequences of bits, and each once.
func complete(counts *[longest + 1]uint16) bool {
	free := 1
	for _, n := range counts[1:] {
		if free = 2*free - int(n); free < 0 {
			return false
		}
	}
	return free == 0
}

// sort sorts the symbols by their codes.
func (h *huffman) sort(lengths []uint8, meanings []symbol) {
	var next [longest + 1]uint16
	for n := 1; n < longest; n++ {
		next[n+1] = next[n] + h.counts[n]
	}
	for i, n := range lengths {
		if n != 0 {
			h.sorted[next[n&longest]] = meanings[i] | symbol(n)
			next[n&longest]++
		}
	}
}

// fill makes the table for one bit, and then doubles it for each further bit. The
// index is the bits as they are read, with the first one lowest. Entries that are
// not of a short code are zero.
func (h *huffman) fill() {
	h.root[0] = 0
	sorted, code := 0, 0
	for n := 1; n <= rootBits; n++ {
		size := 1 << n
		copy(h.root[size/2:size], h.root[:size/2])
		for range h.counts[n] {
			h.root[code] = h.sorted[sorted]
			sorted++
			bit := size / 2
			for ; code&bit != 0; bit /= 2 {
				code ^= bit
			}
			code |= bit
		}
	}
	h.code, h.skipped = reverse(uint64(code)), int32(sorted)
}

// reverse reverses the order of the bits of a code of rootBits bits.
func reverse(code uint64) int32 {
	return int32(bits.Reverse16(uint16(code)) >> (16 - rootBits))
}

// find returns the symbol whose code b begins with, or zero if there is none. Bits
// that have not arrived must be zero. The caller compares the length of the code
// with the number of bits that have.
func (h *huffman) find(b uint64) symbol {
	if s := h.root[b&(1<<rootBits-1)]; s != 0 {
		return s
	}
	return h.long(b)
}

// long finds a code that is longer than rootBits.
func (h *huffman) long(b uint64) symbol {
	code, first, skipped := reverse(b&(1<<rootBits-1)), h.code, h.skipped
	for n := rootBits + 1; n <= longest; n++ {
		code = code<<1 | int32(b>>(n-1)&1)
		first <<= 1
		count := int32(h.counts[n])
		if uint32(code-first) < uint32(count) {
			return h.sorted[skipped+code-first]
		}
		first += count
		skipped += count
	}
	return 0
}
