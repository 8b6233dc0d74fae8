package inflate

import (
	"bytes"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/handset-go/handset/internal/deflatetest"
)

// code is a canonical code, its bits as they are written.
type code struct{ lengths, codes []int }

func newCode(lengths []int) code {
	c := code{lengths, make([]int, len(lengths))}
	next := 0
	for n := 1; n <= longest; n++ {
		next <<= 1
		for i, length := range lengths {
			if length == n {
				c.codes[i] = int(bits.Reverse16(uint16(next)) >> (16 - n))
				next++
			}
		}
	}
	return c
}

// blockWriter writes a block.
type blockWriter struct{ deflatetest.BitWriter }

func (s *blockWriter) writeCode(c code, symbol int) {
	s.Write(uint64(c.codes[symbol]), uint(c.lengths[symbol]))
}

// longCodes is a code in which each of the symbols has a longer one than those
// before it, up to the longest there is, which the last two have.
func longCodes(size int, symbols ...int) code {
	lengths := make([]int, size)
	for i, symbol := range symbols {
		lengths[symbol] = min(i+1, longest)
	}
	return newCode(lengths)
}

// header writes a block's header with these codes.
func (s *blockWriter) header(literals, distances code) {
	s.Write(2<<1, 3)
	s.Write(uint64(len(literals.lengths)-257), 5)
	s.Write(uint64(len(distances.lengths)-1), 5)
	s.Write(19-4, 4)
	lengths := make([]int, 19)
	for i := range 16 {
		lengths[i] = 4
	}
	for _, i := range codeOrder {
		s.Write(uint64(lengths[i]), 3)
	}
	flat := newCode(lengths)
	for _, n := range append(append([]int{}, literals.lengths...), distances.lengths...) {
		s.writeCode(flat, n)
	}
}

// The longest codes are read wherever the input is split.
func TestSymbolsLongestCodes(t *testing.T) {
	literals := longCodes(286, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 256, 257, 'z', 284)
	distances := longCodes(30, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 28, 29)
	history := make([]byte, 32<<10)
	rand.NewChaCha8([32]byte{}).Read(history)
	var s blockWriter
	s.header(literals, distances)
	rng := rand.New(rand.NewPCG(1, 15))
	for range 2000 {
		for range rng.IntN(6) {
			s.writeCode(literals, int("aaaadlz"[rng.IntN(7)]))
		}
		s.writeCode(literals, 284)
		s.Write(uint64(rng.IntN(31)), 5) // the 32nd length is 285's
		s.writeCode(distances, 28+rng.IntN(2))
		s.Write(uint64(rng.IntN(1<<13)), 13)
	}
	s.writeCode(literals, 256)
	s.Write(0, 3)
	want, _, ok := deflatetest.Naive(s.Out, history)
	if !ok {
		t.Fatal("the naive inflater cannot read it")
	}
	for _, size := range []int{1, 7, 1000, len(space)} {
		in := newDecoder(true, 15)
		in.keep(history)
		got, err := in.piecewise(t, s.Out, always(size), always(size))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("size=%d: %d bytes of %d, %v", size, len(got), len(want), err)
		}
		in.Free()
	}
}

// A block with invalid codes is an error.
func TestBlockCodes(t *testing.T) {
	one, two, half, over := []int{1}, []int{1, 1}, []int{2, 2}, []int{1, 1, 1}
	for _, c := range []struct {
		name                string
		literals, distances []int
		ok                  bool
	}{
		{"two of one bit", two, two, true},
		{"one distance of one bit", two, one, true},
		{"no distances", two, nil, true},
		{"too many literals", over, two, false},
		{"too few literals", half, two, false},
		{"too many distances", two, over, false},
		{"too few distances", two, half, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			literals, distances := make([]int, 257), make([]int, 3)
			copy(literals[257-len(c.literals):], c.literals)
			copy(distances, c.distances)
			var s blockWriter
			s.header(newCode(literals), newCode(distances))
			s.Write(1, 1) // of two literals the end is the second
			s.Write(0, 3)
			if _, _, ok := deflatetest.Naive(s.Out, nil); ok != c.ok {
				t.Fatalf("the naive inflater says %v", ok)
			}
			if _, err := newDecoder(false, 15).piecewise(t, s.Out, always(100), always(100)); (err == nil) != c.ok {
				t.Error(err)
			}
		})
	}
}
