package deflate

import "slices"

// bitReader reads a slice bit by bit. Reading beyond its end panics with short.
type bitReader struct {
	data []byte
	at   int
}

type tooShort struct{}

func (r *bitReader) bits(n int) (v int) {
	for i := range n {
		if r.at >= 8*len(r.data) {
			panic(tooShort{})
		}
		v |= int(r.data[r.at/8]>>(r.at%8)&1) << i
		r.at++
	}
	return v
}

// code reads a canonical code: of all codes of a length the next ones after
// those of the length before. It returns -1 when there is no such code.
func (r *bitReader) code(lengths []int) int {
	code, first := 0, 0
	for n := 1; n <= 15; n++ {
		code = code<<1 | r.bits(1)
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

// naiveCode reports whether the lengths make a code that may be used.
func naiveCode(lengths []int) bool {
	sum, used := 0, 0
	for _, n := range lengths {
		if n > 0 {
			used++
			sum += 1 << (15 - n)
		}
	}
	return sum == 1<<15 || used == 0 || used == 1 && slices.Max(lengths) == 1
}

// naiveInflation is an inflater by the letter of RFC 1951, as slow as it is
// short.
type naiveInflation struct {
	bitReader
	out      []byte // history first
	farthest int    // the longest distance there was
}

// block reads a block.
func (f *naiveInflation) block() (final, ok bool) {
	final = f.bits(1) == 1
	switch f.bits(2) {
	case 0:
		f.at = (f.at + 7) / 8 * 8
		n, complement := f.bits(16), f.bits(16)
		if n^complement != 0xFFFF {
			return final, false
		}
		for range n {
			f.out = append(f.out, byte(f.bits(8)))
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

func (f *naiveInflation) codes() (literals, distances []int, ok bool) {
	l, d, c := f.bits(5)+257, f.bits(5)+1, f.bits(4)+4
	if l > 286 || d > 30 {
		return nil, nil, false
	}
	order := []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	code := make([]int, 19)
	for _, i := range order[:c] {
		code[i] = f.bits(3)
	}
	if !naiveCode(code) {
		return nil, nil, false
	}
	var all []int
	for len(all) < l+d {
		switch s := f.code(code); {
		case s < 0 || s == 16 && len(all) == 0:
			return nil, nil, false
		case s < 16:
			all = append(all, s)
		case s == 16:
			all = append(all, slices.Repeat(all[len(all)-1:], 3+f.bits(2))...)
		case s == 17:
			all = append(all, make([]int, 3+f.bits(3))...)
		default:
			all = append(all, make([]int, 11+f.bits(7))...)
		}
	}
	if len(all) > l+d {
		return nil, nil, false
	}
	return all[:l], all[l:], naiveCode(all[:l]) && naiveCode(all[l:])
}

// data1951 reads a block's data in these codes.
func (f *naiveInflation) data1951(literals, distances []int) bool {
	for {
		s := f.code(literals)
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
			f.bits([]int{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}[s-257])
		d := f.code(distances)
		if d < 0 || d > 29 {
			return false
		}
		distance := []int{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}[d] +
			f.bits(max(d/2-1, 0))
		if distance > len(f.out) {
			return false
		}
		f.farthest = max(f.farthest, distance)
		for range length {
			f.out = append(f.out, f.out[len(f.out)-distance])
		}
	}
}

// naiveInflate inflates a message, tail removed, that follows history. ok says
// whether it is valid, and farthest how large a window it needs.
func naiveInflate(message, history []byte) (inflated []byte, farthest int, ok bool) {
	f := naiveInflation{bitReader: bitReader{data: append(slices.Clone(message), tail...)}, out: slices.Clone(history)}
	defer func() {
		if p := recover(); p != nil {
			if _, short := p.(tooShort); !short {
				panic(p)
			}
			inflated, ok = f.out[len(history):], false
		}
	}()
	for f.at != 8*len(message) && f.at != 8*len(f.data) {
		final, ok := f.block()
		if !ok {
			return f.out[len(history):], f.farthest, false
		}
		if final {
			f.at = (f.at + 7) / 8 * 8
		}
	}
	return f.out[len(history):], f.farthest, true
}
