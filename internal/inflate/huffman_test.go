package inflate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/handset-go/handset/internal/deflatetest"
)

// randomLengths are code lengths of which most make a code.
func randomLengths(rng *rand.Rand, symbols int) []int {
	lengths := make([]int, symbols)
	order := rng.Perm(symbols)
	lengths[order[0]] = 1
	used := 1
	for range rng.IntN(symbols) { // make two of one
		i := order[rng.IntN(used)]
		if n := lengths[i]; n < longest && used < symbols {
			lengths[i] = n + 1
			lengths[order[used]] = n + 1
			used++
		}
		if used == 2 && lengths[order[0]] != 1 { // the first was the only one
			lengths[order[0]], lengths[order[1]] = 1, 1
		}
	}
	switch rng.IntN(6) {
	case 0:
		lengths[rng.IntN(symbols)] = rng.IntN(longest + 1)
	case 1:
		clear(lengths)
	}
	return lengths
}

// The Huffman tables agree with a naive inflater.
func TestHuffmanAgreesWithNaive(t *testing.T) {
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 3))
		symbols := []int{19, 30, 286}[rng.IntN(3)]
		lengths := randomLengths(rng, symbols)
		var l codeLengths
		l.reset()
		for _, n := range lengths {
			l.add(n, 1)
		}
		meanings := make([]symbol, symbols)
		for i := range meanings {
			meanings[i] = isLiteral | symbol(i)<<16
		}
		var h huffman
		if got, want := h.build(&l, 0, symbols, meanings, 0), deflatetest.ValidCode(lengths); got != want {
			t.Fatalf("seed=%d: built %v, want %v, of %v", seed, got, want, lengths)
		} else if !got {
			continue
		}
		for range 100 {
			bits := rng.Uint64()
			r := deflatetest.BitReader{Data: []byte{byte(bits), byte(bits >> 8)}}
			want := r.Code(lengths)
			got := h.find(bits)
			if want < 0 && got != 0 || want >= 0 && (got.value() != want || int(got.codeBits()) != r.At) {
				t.Fatalf("seed=%d: bits %016b: %d of %d bits, want %d of %d", seed, bits&0xFFFF, got.value(), got.codeBits(), want, r.At)
			}
		}
	}
}

// The random code lengths include valid and invalid codes, with and without long ones.
func TestRandomLengths(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(2000) {
		lengths := randomLengths(rand.New(rand.NewPCG(seed, 3)), 286)
		seen[fmt.Sprint(deflatetest.ValidCode(lengths), slices.Max(lengths) > rootBits)]++
	}
	for _, kind := range []string{"true true", "true false", "false true", "false false"} {
		if seen[kind] < 10 {
			t.Errorf("a code, and one with long ones: %v", seen)
		}
	}
}

// Meanings are those of RFC 1951.
func TestMeanings(t *testing.T) {
	for _, c := range []struct {
		what        string
		s           symbol
		value, bits int
	}{
		{"257", literalMeanings[257], 3, 0}, {"264", literalMeanings[264], 10, 0}, {"265", literalMeanings[265], 11, 1},
		{"268", literalMeanings[268], 17, 1}, {"269", literalMeanings[269], 19, 2}, {"276", literalMeanings[276], 59, 3},
		{"280", literalMeanings[280], 115, 4}, {"284", literalMeanings[284], 227, 5}, {"285", literalMeanings[285], 258, 0},
		{"distance 0", distanceMeanings[0], 1, 0}, {"distance 3", distanceMeanings[3], 4, 0}, {"distance 4", distanceMeanings[4], 5, 1},
		{"distance 5", distanceMeanings[5], 7, 1}, {"distance 28", distanceMeanings[28], 16385, 13}, {"distance 29", distanceMeanings[29], 24577, 13},
	} {
		if c.s.value() != c.value || int(c.s.extraBits()) != c.bits || c.s&isBase == 0 {
			t.Errorf("%s: %d and %d bits, want %d and %d", c.what, c.s.value(), c.s.extraBits(), c.value, c.bits)
		}
	}
	for _, s := range []symbol{literalMeanings[286], literalMeanings[287], distanceMeanings[30], distanceMeanings[31]} {
		if s != 0 {
			t.Errorf("a code without a meaning means %x", s)
		}
	}
}
