package inflate

import "encoding/binary"

const (
	longestMatch = 258 // (RFC 1951 §3.2.5)
	// matchBits is the number of bits of the longest match: a length and a
	// distance, each with its code and its extra bits.
	matchBits = longest + 5 + longest + 13
	// fastRoom is room for the longest match and for the literals that
	// symbolsFast may write before it without looking at the room again.
	fastRoom = longestMatch + 64
)

// symbols decodes the data of a compressed block.
func (f *state) symbols() outcome {
	for {
		if len(f.src)-f.used >= 8 && len(f.dst)-f.n >= fastRoom {
			if o := f.symbolsFast(); o != proceed || f.step != inSymbols {
				return o
			}
		}
		s, o := f.symbol(f.literals, 0)
		switch {
		case o != proceed:
			return o
		case s&isEnd != 0:
			f.drop(s.codeBits())
			return f.endBlock()
		case s&isLiteral == 0:
			return f.match(s)
		case f.n == len(f.dst):
			return full
		}
		f.drop(s.codeBits())
		f.dst[f.n] = byte(s.value())
		f.n++
	}
}

// symbol finds the code that comes after the next skip bits, and reads bytes until
// all of it is there. It uses no bits.
func (f *state) symbol(h *huffman, skip uint) (symbol, outcome) {
	for {
		s := h.find(f.bits >> skip)
		switch {
		case s != 0 && skip+s.codeBits() <= f.count:
			return s, proceed
		case f.count >= skip+longest:
			return 0, invalid
		case !f.fill():
			return 0, starved
		}
	}
}

// match reads the match that begins with s. It uses none of its bits before all
// have arrived.
func (f *state) match(s symbol) outcome {
	if s&isBase == 0 {
		return invalid
	}
	lengthBits := s.codeBits() + s.extraBits()
	if !f.need(lengthBits) {
		return starved
	}
	d, o := f.symbol(f.distances, lengthBits)
	if o != proceed {
		return o
	}
	if d&isBase == 0 {
		return invalid
	}
	if !f.need(lengthBits + d.codeBits() + d.extraBits()) {
		return starved
	}
	f.drop(s.codeBits())
	f.length = s.value() + f.take(s.extraBits())
	f.drop(d.codeBits())
	f.distance = d.value() + f.take(d.extraBits())
	if !f.reaches(f.n, f.distance) {
		return invalid
	}
	f.step = inMatch
	return proceed
}

// reaches reports whether there is a byte at that distance before dst[n], and
// whether the window allows it.
func (f *state) reaches(n, distance int) bool {
	return distance <= f.window.Size() && distance <= n+f.window.Len()
}

// copyMatch copies as much of the match as dst has room for.
func (f *state) copyMatch() outcome {
	length := min(f.length, len(f.dst)-f.n)
	f.n = f.repeat(f.n, length, f.distance)
	if f.length -= length; f.length > 0 {
		return full
	}
	f.step = inSymbols
	return proceed
}

// repeat copies a match to dst[n:], which has room for it, and returns the index
// after it.
func (f *state) repeat(n, length, distance int) int {
	end := n + length
	if distance > n && length > 0 {
		n += f.window.CopyTo(f.dst[n:end], distance-n)
	}
	for from := n - distance; n < end; {
		n += copy(f.dst[n:end], f.dst[from:n]) // what was copied can be copied again
	}
	return n
}

// symbolsFast is symbols while src and dst have so much left that the bits and the
// bytes need not be counted one by one.
func (f *state) symbolsFast() outcome {
	src, dst, literals, distances := f.src, f.dst, f.literals, f.distances
	used, n, bits, count := f.used, f.n, f.bits, f.count
	o, ended, mask := proceed, false, distances.mask
refill:
	for o == proceed && !ended && len(src)-used >= 8 && len(dst)-n >= fastRoom {
		// Fill bits up. A byte of which only a part fits is read again the next
		// time; the part is the same then.
		bits |= binary.LittleEndian.Uint64(src[used:]) << (count & 63)
		used += int(63-count) >> 3
		count |= 56

		s := literals.findBy(bits, 1<<rootBits-1)
		for s&isLiteral != 0 {
			dst[n] = byte(s >> 16)
			n++
			bits >>= s & 15
			if count -= s.codeBits(); count < matchBits {
				continue refill
			}
			s = literals.findBy(bits, 1<<rootBits-1)
		}
		bits >>= s & 15
		count -= s.codeBits()
		if s&isBase == 0 {
			if ended = s&isEnd != 0; !ended {
				o = invalid
			}
			continue
		}
		length := s.value() + int(bits&(1<<s.extraBits()-1))
		bits >>= s.extraBits()
		d := distances.findBy(bits, mask)
		bits >>= d & 15
		distance := d.value() + int(bits&(1<<d.extraBits()-1))
		bits >>= d.extraBits()
		count -= s.extraBits() + d.codeBits() + d.extraBits()
		if d&isBase == 0 || !f.reaches(n, distance) {
			o = invalid
			continue
		}
		if distance < 8 || distance > n || length > 32 {
			n = f.repeat(n, length, distance)
			continue
		}
		for from, end := n-distance, n+length; ; from += 8 {
			binary.LittleEndian.PutUint64(dst[n:], binary.LittleEndian.Uint64(dst[from:]))
			if n += 8; n >= end {
				n = end
				break
			}
		}
	}
	f.used, f.n, f.bits, f.count = used, n, bits&(1<<count-1), count
	if ended {
		return f.endBlock()
	}
	return o
}
