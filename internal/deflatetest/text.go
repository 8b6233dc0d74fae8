package deflatetest

import (
	"bytes"
	"compress/flate"
	"fmt"
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
