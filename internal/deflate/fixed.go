package deflate

import (
	"encoding/binary"
	"math/bits"
	"sync"

	"github.com/handset-go/handset/internal/window"
)

const (
	shortestMatch = 4   // that it looks for
	longestMatch  = 258 // that deflate can express
)

// fixedEncoder is a compressor for short pieces with the codes that RFC 1951 fixes.
// It finds the matches in the window that make takeover worth its memory for
// messages of a few hundred bytes.
type fixedEncoder struct {
	bits  uint64 // that are not in out yet
	count uint
	out   []byte
	text  []byte                          // the window's end, then the piece
	heads [1 << hashBits]uint16           // 1 + where the latest text with a hash is, or 0
	chain [fixedReach + fixedLimit]uint16 // 1 + where the one before is
}

var fixedEncoders = sync.Pool{New: func() any { return &fixedEncoder{text: make([]byte, 0, fixedReach+fixedLimit)} }}

// appendFixed compresses one piece, in which no match goes back further than
// farthest.
func appendFixed(dst, piece []byte, w *window.Window, farthest int) []byte {
	e := fixedEncoders.Get().(*fixedEncoder)
	e.text = append(w.AppendLast(e.text[:0], fixedReach), piece...)
	e.out, e.bits, e.count = dst, 0, 0
	clear(e.heads[:])
	e.compress(len(e.text)-len(piece), farthest)
	dst, e.out = e.out, nil
	fixedEncoders.Put(e)
	return dst
}

// compress writes text[start:] in one block, and the empty stored block that
// ends a piece.
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

// index makes the text that begins from the one to the other place known to
// match.
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

// match finds the longest match for the text at a place, 0 if there is none.
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

// common is how many bytes b has in common with the front of a, which is longer.
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
