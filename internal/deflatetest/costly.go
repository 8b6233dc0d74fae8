package deflatetest

import (
	"math/bits"
	"math/rand/v2"
)

// Costly is a kind of data of which each byte takes a decoder long.
type Costly struct {
	Name  string
	Block func(*BitWriter) // writes a block
}

// Message returns a message of about n bytes, tail removed.
func (c Costly) Message(n int) []byte {
	var w BitWriter
	for len(w.Out) < n {
		c.Block(&w)
	}
	w.Write(0, 3) // the head of the stored block that was removed
	return w.Out
}

// TinyBlocks returns blocks that have next to nothing in them, of all kinds: a decoder
// builds tables for each of the dynamic ones. None of them compresses anything, so that
// what they are decoded to is no longer than they are.
func TinyBlocks() []Costly {
	return []Costly{
		{Name: "empty stored blocks", Block: func(w *BitWriter) { w.stored(0) }},
		{Name: "stored blocks of one byte", Block: func(w *BitWriter) { w.stored(1); w.Write('a', 8) }},
		{Name: "empty fixed blocks", Block: func(w *BitWriter) { w.Write(1<<1, 3+7) }},
		{Name: "empty final blocks", Block: func(w *BitWriter) { w.Write(1<<1|1, 3+7); w.align() }},
		{Name: "fixed blocks of one byte", Block: func(w *BitWriter) { w.Write(1<<1, 3); w.Write(0b10001100, 8+7) }},
		{Name: "dynamic blocks of one code", Block: oneCode},
		{Name: "dynamic blocks of 256 codes in runs", Block: func(w *BitWriter) { longRuns(w, 1) }},
		{Name: "dynamic blocks of 256 codes and 16 distances", Block: func(w *BitWriter) { longRuns(w, 16) }},
		{Name: "dynamic blocks of 256 codes one by one", Block: equalCodes},
		{Name: "dynamic blocks of 285 codes at random", Block: randomCodes(rand.New(rand.NewPCG(1, 2)))},
	}
}

func (w *BitWriter) stored(length int) {
	w.Write(0, 3)
	w.align()
	w.Write(uint64(length)|uint64(length^0xFFFF)<<16, 32)
}

// align writes zeros up to the next byte.
func (w *BitWriter) align() { w.Write(0, uint(w.free)) }

// codes are the canonical codes with these lengths, their first bit lowest.
func codes(lengths []int) []uint64 {
	all, next := make([]uint64, len(lengths)), 0
	for n := 1; n <= 15; n++ {
		next <<= 1
		for i, length := range lengths {
			if length == n {
				all[i] = uint64(bits.Reverse16(uint16(next)) >> (16 - n))
				next++
			}
		}
	}
	return all
}

// lengthCode is a symbol of the code for code lengths, with the bits that follow it.
type lengthCode struct{ symbol, extra int }

// dynamic writes the header of a block (RFC 1951 §3.2.7): the numbers of codes, the
// lengths of the code for code lengths, and the symbols of that code.
func (w *BitWriter) dynamic(literals, distances int, lengths map[int]int, all ...lengthCode) {
	order := []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	own, n := make([]int, 19), 4
	for i, symbol := range order {
		if own[symbol] = lengths[symbol]; own[symbol] > 0 {
			n = max(n, i+1)
		}
	}
	w.Write(2<<1, 3)
	w.Write(uint64(literals-257)|uint64(distances-1)<<5|uint64(n-4)<<10, 5+5+4)
	for _, symbol := range order[:n] {
		w.Write(uint64(own[symbol]), 3)
	}
	extraBits, code := map[int]uint{16: 2, 17: 3, 18: 7}, codes(own)
	for _, c := range all {
		w.Write(code[c.symbol], uint(own[c.symbol]))
		w.Write(uint64(c.extra), extraBits[c.symbol])
	}
}

// oneCode is the shortest dynamic block: it has a code for its end, of one bit.
func oneCode(w *BitWriter) {
	w.dynamic(257, 1, map[int]int{18: 1, 1: 1}, lengthCode{18, 127}, lengthCode{18, 107}, lengthCode{1, 0}, lengthCode{1, 0})
	w.Write(0, 1)
}

// longRuns has as many codes as the fewest bits describe, and one or 16 distances.
func longRuns(w *BitWriter, distances int) {
	all := []lengthCode{{0, 0}, {8, 0}}
	for range 42 {
		all = append(all, lengthCode{16, 3})
	}
	all = append(all, lengthCode{16, 0})
	if distances == 1 {
		w.dynamic(257, 1, map[int]int{16: 1, 0: 2, 8: 2}, append(all, lengthCode{0, 0})...)
	} else {
		all = append(all, lengthCode{4, 0}, lengthCode{16, 3}, lengthCode{16, 3}, lengthCode{16, 0})
		w.dynamic(257, 16, map[int]int{16: 1, 0: 2, 8: 3, 4: 3}, all...)
	}
	w.Write(0xFF, 8)
}

// equalCodes has 256 codes of 8 bits, of which each is described by one bit.
func equalCodes(w *BitWriter) {
	all := []lengthCode{{0, 0}}
	for range 256 {
		all = append(all, lengthCode{8, 0})
	}
	w.dynamic(257, 1, map[int]int{8: 1, 0: 1}, append(all, lengthCode{0, 0})...)
	w.Write(0xFF, 8)
}

// randomCodes has codes of 8 and of 9 bits, in an order that a processor cannot predict.
func randomCodes(rng *rand.Rand) func(*BitWriter) {
	return func(w *BitWriter) {
		lengths, all := make([]int, 285), make([]lengthCode, 286)
		for i, symbol := range rng.Perm(285) {
			lengths[symbol] = 8
			if i < 58 {
				lengths[symbol] = 9
			}
			all[symbol].symbol = lengths[symbol]
		}
		w.dynamic(285, 1, map[int]int{8: 1, 9: 2, 0: 2}, all...)
		w.Write(codes(lengths)[256], uint(lengths[256]))
	}
}
