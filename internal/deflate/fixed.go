package deflate

import (
	"encoding/binary"
	"math/bits"
	"sync"
)

const (
	shortLimit = 512     // the longest piece
	shortReach = 4 << 10 // how far before the piece it looks for matches
	shortTries = 16      // how many places it compares

	shortestMatch = 4   // that it looks for
	longestMatch  = 258 // that deflate can express
	goodMatch     = 32  // a match that is taken without a look at the next byte
	hashBits      = 11
)

// short is a compressor for short pieces with the codes that RFC 1951 fixes.
// It finds the matches in the window that make takeover worth its memory for
// messages of a few hundred bytes.
type short struct {
	bits  uint64 // that are not in out yet
	count uint
	out   []byte
	text  []byte                          // the window's end, then the piece
	heads [1 << hashBits]uint16           // 1 + where the latest text with a hash is, or 0
	chain [shortReach + shortLimit]uint16 // 1 + where the one before is
}

var shorts = sync.Pool{New: func() any { return &short{text: make([]byte, 0, shortReach+shortLimit)} }}

// appendShort compresses one piece, in which no match goes back further than
// farthest.
func appendShort(dst, piece []byte, w *window, farthest int) []byte {
	s := shorts.Get().(*short)
	s.text = append(w.appendLast(s.text[:0], shortReach), piece...)
	s.out, s.bits, s.count = dst, 0, 0
	clear(s.heads[:])
	s.compress(len(s.text)-len(piece), farthest)
	dst, s.out = s.out, nil
	shorts.Put(s)
	return dst
}

// compress writes text[start:] in one block, and the empty stored block that
// ends a piece.
func (s *short) compress(start, farthest int) {
	s.index(0, start)
	s.write(0b01_0, 3) // a block with fixed codes, not the final one
	for at := start; at < len(s.text); {
		length, distance := s.match(at, farthest)
		if length > 0 && length < goodMatch {
			if next, _ := s.match(at+1, farthest); next > length {
				length = 0
			}
		}
		if length == 0 {
			length = 1
			s.writeLiteral(s.text[at])
		} else {
			s.writeMatch(length, distance)
		}
		s.index(at, at+length)
		at += length
	}
	s.write(0, 7)      // the end of the block
	s.write(0b00_0, 3) // a stored block, not the final one
	s.flush()
	s.out = append(s.out, tail...)
}

// index makes the text that begins from the one to the other place known to
// match.
func (s *short) index(from, to int) {
	for ; from < to && from+8 <= len(s.text); from += 5 {
		next := binary.LittleEndian.Uint64(s.text[from:])
		for at := from; at < min(from+5, to); at++ {
			s.put(at, hash(uint32(next)))
			next >>= 8
		}
	}
	for to = min(to, len(s.text)-shortestMatch+1); from < to; from++ {
		s.put(from, s.hash(from))
	}
}

func (s *short) put(at int, hash uint32) {
	s.chain[at] = s.heads[hash]
	s.heads[hash] = uint16(at + 1)
}

func (s *short) hash(at int) uint32 { return hash(binary.LittleEndian.Uint32(s.text[at:])) }

func hash(next uint32) uint32 { return next * 2654435761 >> (32 - hashBits) }

// match finds the longest match for the text at a place, 0 if there is none.
func (s *short) match(at, farthest int) (length, distance int) {
	if at+shortestMatch > len(s.text) {
		return 0, 0
	}
	text := s.text[at:min(at+longestMatch, len(s.text))]
	before := int(s.heads[s.hash(at)]) - 1
	for tries := shortTries; tries > 0 && before >= 0 && at-before <= farthest; tries-- {
		if n := common(s.text[before:], text); n >= shortestMatch && n > length {
			length, distance = n, at-before
		}
		before = int(s.chain[before]) - 1
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
