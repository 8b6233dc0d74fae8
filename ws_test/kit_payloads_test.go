package ws_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
)

// mixedText is a text of n bytes, in characters of all lengths.
func mixedText(n int) []byte {
	const some = "aé€😀"
	b := bytes.Repeat([]byte(some), n/len(some))
	return append(b, "xxxxxxxxx"[:n%len(some)]...)
}

func randomBytes(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// incompressible is n bytes that no compressor makes shorter.
func incompressible(n int) []byte {
	b, x := make([]byte, n), uint32(1)
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x >> 8)
	}
	return b
}

// gibberish is a text that compresses to about half its length, a different one
// for each seed.
func gibberish(seed, length int) string {
	rng := rand.New(rand.NewPCG(uint64(seed), 23))
	b := make([]byte, 0, length+16)
	for len(b) < length {
		b = fmt.Appendf(b, "%016x", rng.Uint64())
	}
	return string(b[:length])
}

func numberedPayload(i, n int) []byte {
	b := make([]byte, n)
	copy(b, fmt.Sprint(i, " and so on"))
	b[n-1] = byte(i)
	return b
}

const mebibyte = 1 << 20
