package deflatetest

import "slices"

// BitReader reads a slice bit by bit, from bit At on. Reading beyond its end
// panics.
type BitReader struct {
	Data []byte
	At   int
}

type tooShort struct{}

// Bits reads a number of n bits, the lowest first.
func (r *BitReader) Bits(n int) (v int) {
	for i := range n {
		if r.At >= 8*len(r.Data) {
			panic(tooShort{})
		}
		v |= int(r.Data[r.At/8]>>(r.At%8)&1) << i
		r.At++
	}
	return v
}

// Code reads one code of the canonical code with these lengths (RFC 1951
// §3.2.2) and returns its symbol, or -1 if there is no such code.
func (r *BitReader) Code(lengths []int) int {
	code, first := 0, 0
	for n := 1; n <= 15; n++ {
		code = code<<1 | r.Bits(1)
		first <<= 1
		for symbol, length := range lengths {
			if length == n {
				if code == first {
					return symbol
				}
				first++
			}
		}
	}
	return -1
}

// ValidCode reports whether a block may use a code with these lengths.
func ValidCode(lengths []int) bool {
	sum, used := 0, 0
	for _, n := range lengths {
		if n > 0 {
			used++
			sum += 1 << (15 - n)
		}
	}
	return sum == 1<<15 || used == 0 || used == 1 && slices.Max(lengths) == 1
}

// bases are the least distances of the codes (RFC 1951 §3.2.5).
var bases = []int{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}

// naive is a decoder by the letter of RFC 1951, as slow as it is short.
type naive struct {
	BitReader
	out      []byte // history first
	farthest int    // the longest distance there was
}

// block reads a block.
func (f *naive) block() (final, ok bool) {
	final = f.Bits(1) == 1
	switch f.Bits(2) {
	case 0:
		f.At = (f.At + 7) / 8 * 8
		n, complement := f.Bits(16), f.Bits(16)
		if n^complement != 0xFFFF {
			return final, false
		}
		for range n {
			f.out = append(f.out, byte(f.Bits(8)))
		}
		return final, true
	case 1:
		literals := slices.Concat(slices.Repeat([]int{8}, 144), slices.Repeat([]int{9}, 112), slices.Repeat([]int{7}, 24), slices.Repeat([]int{8}, 8))
		return final, f.data1951(literals, slices.Repeat([]int{5}, 32))
	case 2:
		literals, distances, ok := f.codes()
		return final, ok && f.data1951(literals, distances)
	}
	return final, false
}

func (f *naive) codes() (literals, distances []int, ok bool) {
	l, d, c := f.Bits(5)+257, f.Bits(5)+1, f.Bits(4)+4
	if l > 286 || d > 30 {
		return nil, nil, false
	}
	order := []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	code := make([]int, 19)
	for _, i := range order[:c] {
		code[i] = f.Bits(3)
	}
	if !ValidCode(code) {
		return nil, nil, false
	}
	var all []int
	for len(all) < l+d {
		switch s := f.Code(code); {
		case s < 0 || s == 16 && len(all) == 0:
			return nil, nil, false
		case s < 16:
			all = append(all, s)
		case s == 16:
			all = append(all, slices.Repeat(all[len(all)-1:], 3+f.Bits(2))...)
		case s == 17:
			all = append(all, make([]int, 3+f.Bits(3))...)
		default:
			all = append(all, make([]int, 11+f.Bits(7))...)
		}
	}
	if len(all) > l+d {
		return nil, nil, false
	}
	return all[:l], all[l:], ValidCode(all[:l]) && ValidCode(all[l:])
}

// data1951 reads a block's data in these codes.
func (f *naive) data1951(literals, distances []int) bool {
	for {
		s := f.Code(literals)
		switch {
		case s < 0 || s > 285:
			return false
		case s < 256:
			f.out = append(f.out, byte(s))
			continue
		case s == 256:
			return true
		}
		length := []int{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}[s-257] +
			f.Bits([]int{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}[s-257])
		d := f.Code(distances)
		if d < 0 || d > 29 {
			return false
		}
		distance := bases[d] +
			f.Bits(max(d/2-1, 0))
		if distance > len(f.out) {
			return false
		}
		f.farthest = max(f.farthest, distance)
		for range length {
			f.out = append(f.out, f.out[len(f.out)-distance])
		}
	}
}

// Naive inflates a message that follows history and whose last four bytes, those
// of an empty stored block, its sender has removed. ok reports whether the
// message is valid, and farthest is the longest distance it refers back to.
func Naive(message, history []byte) (inflated []byte, farthest int, ok bool) {
	f := naive{BitReader: BitReader{Data: append(slices.Clone(message), tail...)}, out: slices.Clone(history)}
	defer func() {
		if p := recover(); p != nil {
			if _, short := p.(tooShort); !short {
				panic(p)
			}
			inflated, ok = f.out[len(history):], false
		}
	}()
	for f.At != 8*len(message) && f.At != 8*len(f.Data) {
		final, ok := f.block()
		if !ok {
			return f.out[len(history):], f.farthest, false
		}
		if final {
			f.At = (f.At + 7) / 8 * 8
		}
	}
	return f.out[len(history):], f.farthest, true
}
