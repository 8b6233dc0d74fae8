package deflate

import (
	"encoding/binary"
	"math/bits"
	"sync"

	"github.com/handset-go/handset/internal/window"
)

const (
	shortestMatch = 4   // the shortest that is looked for
	longestMatch  = 258 // (RFC 1951 §3.2.5)
)

// fixedEncoder compresses short fragments with the fixed codes (RFC 1951 §3.2.6). It
// looks for matches in the window, with which most of a message of a few hundred
// bytes is a repetition of those before it.
//
// It is here because it is ahead of flate.StatelessDeflate, which takes a
// dictionary too, in bytes as well as in CPU. BenchmarkShortFragments compares the
// two; for JSON with takeover, in bytes on the wire and µs:
//
//	         window of 12 bits             window of 15 bits
//	         fixedEncoder  StatelessDeflate  fixedEncoder  StatelessDeflate
//	100 B     27 B   5.8    36 B  10.1        27 B   5.6    36 B  16.6
//	250 B     71 B   8.2    92 B  11.6        71 B   8.2    91 B  18.8
//	350 B    100 B   9.6   123 B  12.5       100 B   9.7   123 B  20.0
//	512 B    147 B  12.3   170 B  13.9       146 B  12.2   170 B  21.2
//
// In the bench's json-250-takeover a server takes 58 B and 22 µs a message, and
// 70 B and 36 µs with StatelessDeflate instead, which also allocates memory for the
// dictionary each time. Only if about a third of a message is random digits does
// StatelessDeflate, which makes codes for each fragment, take fewer bytes: 4 to 16 %,
// for more CPU.
//
// If the window is empty the two differ by little: 127 B become 109 B in 1.1 µs or
// 108 B in 4.4 µs, 100 B become 96 B in 0.9 µs or 105 B in 0.7 µs.
type fixedEncoder struct {
	bits  uint64 // not in out yet, the first one lowest
	count uint   // the number of bits
	out   []byte
	text  []byte                          // the end of the window, then the fragment
	heads [1 << hashBits]uint16           // by hash: 1 + the index of the last text with it, or 0
	chain [fixedReach + fixedLimit]uint16 // by index: 1 + the index of the text before with the same hash
}

var fixedEncoders = sync.Pool{New: func() any { return &fixedEncoder{text: make([]byte, 0, fixedReach+fixedLimit)} }}

// appendFixed appends to dst one fragment, compressed, in which no match refers back
// further than farthest, and returns the extended slice.
func appendFixed(dst, fragment []byte, w *window.Window, farthest int) []byte {
	e := fixedEncoders.Get().(*fixedEncoder)
	e.text = append(w.AppendLast(e.text[:0], fixedReach), fragment...)
	e.out, e.bits, e.count = dst, 0, 0
	clear(e.heads[:])
	e.compress(len(e.text)-len(fragment), farthest)
	dst, e.out = e.out, nil
	fixedEncoders.Put(e)
	return dst
}

// compress writes text[start:] in one block, and then the empty stored block that
// ends a fragment.
func (e *fixedEncoder) compress(start, farthest int) {
	e.index(0, start)
	e.write(0b01_0, 3) // a block with fixed codes, not the final one
	for at := start; at < len(e.text); {
		length, distance := e.match(at, farthest)
		if length > 0 && length < goodMatch {
			if next, _ := e.match(at+1, farthest); next > length {
				length = 0
			}
		}
		if length == 0 {
			length = 1
			e.writeLiteral(e.text[at])
		} else {
			e.writeMatch(length, distance)
		}
		e.index(at, at+length)
		at += length
	}
	e.write(0, 7)      // the end of the block
	e.write(0b00_0, 3) // a stored block, not the final one
	e.flush()
	e.out = append(e.out, tail...)
}

// index adds the text at each index from the one to the other to the hash table.
func (e *fixedEncoder) index(from, to int) {
	for ; from < to && from+8 <= len(e.text); from += 5 {
		next := binary.LittleEndian.Uint64(e.text[from:])
		for at := from; at < min(from+5, to); at++ {
			e.put(at, hash(uint32(next)))
			next >>= 8
		}
	}
	for to = min(to, len(e.text)-shortestMatch+1); from < to; from++ {
		e.put(from, e.hash(from))
	}
}

func (e *fixedEncoder) put(at int, hash uint32) {
	e.chain[at] = e.heads[hash]
	e.heads[hash] = uint16(at + 1)
}

func (e *fixedEncoder) hash(at int) uint32 { return hash(binary.LittleEndian.Uint32(e.text[at:])) }

func hash(next uint32) uint32 { return next * 2654435761 >> (32 - hashBits) }

// match finds the longest match for the text at an index. Its length is 0 if there
// is none.
func (e *fixedEncoder) match(at, farthest int) (length, distance int) {
	if at+shortestMatch > len(e.text) {
		return 0, 0
	}
	text := e.text[at:min(at+longestMatch, len(e.text))]
	before := int(e.heads[e.hash(at)]) - 1
	for tries := fixedTries; tries > 0 && before >= 0 && at-before <= farthest; tries-- {
		if n := common(e.text[before:], text); n >= shortestMatch && n > length {
			length, distance = n, at-before
		}
		before = int(e.chain[before]) - 1
	}
	return length, distance
}

// common returns the length of the common prefix of a and b. a must be longer.
func common(a, b []byte) int {
	n := 0
	for ; len(b)-n >= 8; n += 8 {
		if diff := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); diff != 0 {
			return n + bits.TrailingZeros64(diff)/8
		}
	}
	for n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
