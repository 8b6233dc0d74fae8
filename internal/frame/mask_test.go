package frame

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

var testKey = [4]byte{0x37, 0xfa, 0x21, 0x3d}

func keyOf(b [4]byte) Key { return Key(binary.LittleEndian.Uint32(b[:])) }

// pattern is n bytes whose period is no power of two.
func pattern(n int) []byte {
	period := make([]byte, 251)
	for i := range period {
		period[i] = byte(i)
	}
	return bytes.Repeat(period, n/len(period)+1)[:n:n]
}

// lengths cover every path through Mask: bytes, words, blocks, strides and what
// is left of each.
func lengths() (all []int) {
	for n := range 2*strideLength + 80 {
		all = append(all, n)
	}
	return append(all, 4095, 4096, 4097, 65535, 65536, 65537)
}

// Mask agrees with a naive implementation at every length and alignment.
func TestMaskAgreesWithNaive(t *testing.T) {
	for _, n := range lengths() {
		for offset := range 8 {
			got := pattern(offset + n + 8)
			want := bytes.Clone(got)
			naiveMask(want[offset:offset+n], testKey, 0)
			next := Mask(got[offset:offset+n], keyOf(testKey))
			if !bytes.Equal(got, want) {
				t.Fatalf("len=%d,offset=%d: not as the naive one, or bytes outside were changed", n, offset)
			}
			turned := [4]byte{testKey[n%4], testKey[(n+1)%4], testKey[(n+2)%4], testKey[(n+3)%4]}
			if next != keyOf(turned) {
				t.Fatalf("len=%d,offset=%d: next key %#x, want %#x", n, offset, next, keyOf(turned))
			}
		}
	}
}

// Masking in two parts gives the same as in one.
func TestMaskInTwoParts(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 5, 8, 33, 70, 2*strideLength + 41} {
		want := pattern(n)
		naiveMask(want, testKey, 0)
		for cut := range n + 1 {
			got := pattern(n)
			Mask(got[cut:], Mask(got[:cut], keyOf(testKey)))
			if !bytes.Equal(got, want) {
				t.Fatalf("len=%d,cut=%d: parts do not fit together", n, cut)
			}
		}
	}
}

// Masking in many parts gives the same as in one.
func TestMaskInManyParts(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		got := pattern(5000)
		want := bytes.Clone(got)
		naiveMask(want, testKey, 0)
		key := keyOf(testKey)
		for rest := got; len(rest) > 0; {
			n := min(rng.IntN(1+rng.IntN(3000)), len(rest))
			key = Mask(rest[:n], key)
			rest = rest[n:]
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("seed=%d: parts do not fit together", seed)
		}
	}
}

// Masking twice restores the bytes.
func TestMaskTwice(t *testing.T) {
	for _, key := range []Key{0, 1, 0x80000000, 0xFFFFFFFF, 0x3d21fa37} {
		b := pattern(3000)
		Mask(b, key)
		Mask(b, key)
		if !bytes.Equal(b, pattern(3000)) {
			t.Errorf("key %#x: not restored", key)
		}
	}
}

// A key of zeros changes nothing.
func TestMaskZeroKey(t *testing.T) {
	b := pattern(3000)
	if next := Mask(b, 0); next != 0 || !bytes.Equal(b, pattern(3000)) {
		t.Error("bytes or key were changed")
	}
}
