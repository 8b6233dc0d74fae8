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
//
// For a code that stands for code lengths, the lowest four bits are the length with the
// extra bits, the four in place of the kind are the code length, and the value is the
// smallest number of times that it is repeated.
type symbol uint32

const (
	isLiteral symbol = 1 << 8
	isBase    symbol = 1 << 9 // a length or a distance
	isEnd     symbol = 1 << 10
	isLast    symbol = 1 << 12 // the code length is the one before it
)

func (s symbol) codeBits() uint  { return uint(s & 15) }
func (s symbol) extraBits() uint { return uint(s >> 4 & 15) }
func (s symbol) length() int     { return int(s >> 8 & 15) }
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

func meaningsOfLengths() (m [lengthSymbols]symbol) {
	for n := range symbol(longest + 1) {
		m[n] = 1<<16 | n<<8
	}
	m[16] = 3<<16 | isLast | 2<<4 | 2
	m[17] = 3<<16 | 3<<4 | 3
	m[18] = 11<<16 | 7<<4 | 7
	return m
}

// huffman decodes one of a block's codes. A table indexed by the next bits finds
// the short codes. The longer ones, which are rare, are decoded bit by bit.
type huffman struct {
	root   [1 << rootBits]symbol
	mask   uint64              // of the index; entries beyond it are not used
	counts [longest + 1]uint16 // number of codes of each length
	sorted []symbol            // those of the longer codes, in the order of the codes
	code   int32               // the first rootBits bits of the first longer code
}

// build makes h the decoder of the canonical code for the symbols from one to another
// (RFC 1951 §3.2.2), with a table for at least so many bits. It returns false if there
// is no such code. An incomplete code is refused, as in zlib, unless it is a single code
// of one bit. A code without any symbols is allowed; to find one in it fails.
//
// A block may be as short as 12 bytes, and a peer may send nothing but such blocks. So
// build spends next to no time on symbols without a code, and little on successive
// symbols whose codes have the same length, since these take few bits to describe.
func (h *huffman) build(l *codeLengths, from, to int, meanings []symbol, least int) bool {
	c := l.between(from, to, &h.counts)
	codes := to - from - int(h.counts[0])
	if !complete(h.counts[:c.most+1]) && codes > 0 && (codes > 1 || c.most > 1) {
		return false
	}
	h.fill(&c, least, meanings)
	h.sorted = h.sorted[:0]
	for n := rootBits + 1; n <= c.most; n++ {
		for _, run := range c.ofLength(n) {
			for _, meaning := range meanings[c.first(run):c.end(run)] {
				h.sorted = append(h.sorted, meaning+symbol(n))
			}
		}
	}
	return true
}

// complete reports whether the code uses all sequences of bits, and each once.
func complete(counts []uint16) bool {
	free := 1
	for _, n := range counts[1:] {
		if free = 2*free - int(n); free < 0 {
			return false
		}
	}
	return free == 0
}

// fill makes the table for one bit, and then doubles it for each further bit, up to the
// longest of the short codes. The index is the bits as they are read, with the first
// one lowest. Entries that are not of a short code are zero.
func (h *huffman) fill(c *codeRange, least int, meanings []symbol) {
	h.root[0] = 0
	code, longestShort := uint(0), min(c.most, rootBits) // the code is followed by zeros, in rootBits bits
	bits := max(longestShort, least)
	h.mask = 1<<bits - 1
	for n := 1; n <= bits; n++ {
		size, step := 1<<n, uint(1)<<(rootBits-n)
		copy(h.root[size/2:size], h.root[:size/2])
		if n > longestShort {
			continue
		}
		for _, run := range c.ofLength(n) {
			for _, meaning := range meanings[c.first(run):c.end(run)] {
				h.root[reversed[code%(1<<rootBits)]%(1<<rootBits)] = meaning + symbol(n)
				code += step
			}
		}
	}
	h.code = int32(code)
}

// reversed are the numbers of rootBits bits with their bits in reverse order.
var reversed = reversedBits()

func reversedBits() (r [1 << rootBits]uint16) {
	for i := range r {
		r[i] = bits.Reverse16(uint16(i)) >> (16 - rootBits)
	}
	return r
}

// find returns the symbol whose code b begins with, or zero if there is none. Bits
// that have not arrived must be zero. The caller compares the length of the code
// with the number of bits that have.
func (h *huffman) find(b uint64) symbol {
	return h.findBy(b, h.mask)
}

// findBy is find for a loop that keeps the mask in a register, or that knows it.
func (h *huffman) findBy(b, mask uint64) symbol {
	if s := h.root[b&mask%(1<<rootBits)]; s != 0 {
		return s
	}
	return h.long(b)
}

// long finds a code that is longer than rootBits.
func (h *huffman) long(b uint64) symbol {
	code, first, skipped := int32(reversed[b%(1<<rootBits)]), h.code, int32(0)
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
