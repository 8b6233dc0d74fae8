package deflatetest

import (
	"bytes"
	"compress/flate"
	"fmt"
	"math/bits"
	"math/rand/v2"
)

// Zeros returns a message of n zeros as compress/flate compresses it.
func Zeros(n int) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		panic(err)
	}
	for chunk := make([]byte, 1<<16); n > 0; n -= len(chunk) {
		if _, err := w.Write(chunk[:min(n, len(chunk))]); err != nil {
			panic(err)
		}
	}
	if err := w.Flush(); err != nil {
		panic(err)
	}
	return b.Bytes()[:b.Len()-len(tail)]
}

// FarMatch returns a message of that many bytes of noise and one match, of four
// bytes at that distance, tail removed.
func FarMatch(distance int) []byte {
	noise := make([]byte, distance)
	rand.NewChaCha8([32]byte{}).Read(noise)
	w := BitWriter{Out: []byte{0, byte(distance), byte(distance >> 8), ^byte(distance), ^byte(distance >> 8)}}
	w.Out = append(w.Out, noise...)
	code := len(bases) - 1
	for bases[code] > distance {
		code--
	}
	w.Write(0b01_0, 3)    // a block with the fixed codes
	w.Write(0b0100000, 7) // a length of 4
	w.Write(uint64(bits.Reverse8(uint8(code))>>3), 5)
	w.Write(uint64(distance-bases[code]), uint(max(code/2-1, 0)))
	w.Write(0, 10) // the end, and the head of the stored block that was removed
	return w.Out
}

// JSON returns about n bytes of JSON such as services send each other.
func JSON(rng *rand.Rand, n int) []byte {
	words := []string{"the", "market", "is", "open", "and", "we", "wait", "for", "orders", "please", "send", "limit", "again"}
	b := []byte(`{"type":"update","items":[`)
	for i := 0; i == 0 || len(b) < n-80; i++ {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"id":%d,"user":"%s","price":%.2f,"note":"`, rng.IntN(1e6), words[rng.IntN(len(words))], rng.Float64()*1000)
		for range 1 + rng.IntN(6) {
			b = append(append(b, words[rng.IntN(len(words))]...), ' ')
		}
		b = append(b, `"}`...)
	}
	return append(b, `]}`...)
}

// Sample returns n bytes of one of several kinds, from zeros to noise.
func Sample(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	switch rng.IntN(5) {
	case 0: // zeros
	case 1:
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
	case 2:
		for i := range b {
			b[i] = "abc\xff"[rng.IntN(4)]
		}
	case 3: // repeats from far and near
		for i := range b {
			if b[i] = byte(i>>2) ^ byte(i>>10); rng.IntN(8) == 0 {
				b[i] = byte(rng.Uint32())
			}
		}
	default:
		return append(JSON(rng, n), b...)[:n]
	}
	return b
}
