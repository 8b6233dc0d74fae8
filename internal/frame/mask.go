package frame

import (
	"crypto/subtle"
	"encoding/binary"
	"math/bits"
	"sync"
)

// Key is a masking key, its first byte lowest (RFC 6455 §5.3).
type Key uint32

// strideLength is how many bytes one call of the standard library's SIMD XOR
// covers; a multiple of the key's length.
const strideLength = 512

// Mask XORs b in place with the key, whose first byte meets b[0]. It returns
// the key rotated to meet the byte after b, so that a payload may be masked in
// parts of any length. Masking twice restores the bytes.
func Mask(b []byte, key Key) Key {
	if key == 0 {
		return 0
	}
	rest := b
	if len(b) >= 2*strideLength {
		rest = maskStrides(b, key)
	}
	maskWords(rest, key)
	return key.rotated(len(b))
}

// rotated returns the key as it meets the byte n bytes further on.
func (k Key) rotated(n int) Key {
	return Key(bits.RotateLeft32(uint32(k), -8*(n&3)))
}

func (k Key) doubled() uint64 { return uint64(k)<<32 | uint64(k) }

// strides are pooled rather than on the stack. In the pool they are aligned, for
// which the XOR takes half the time; and a stack that was once deep enough for them
// would stay twice as large under every reader of a long message.
var strides = sync.Pool{New: func() any { return new([strideLength]byte) }}

// maskStrides masks whole strides and returns what is left of b.
func maskStrides(b []byte, key Key) []byte {
	stride := strides.Get().(*[strideLength]byte)
	defer strides.Put(stride)
	for i := 0; i < len(stride); i += 8 {
		binary.LittleEndian.PutUint64(stride[i:], key.doubled())
	}
	for len(b) >= strideLength {
		subtle.XORBytes(b[:strideLength], b[:strideLength], stride[:])
		b = b[strideLength:]
	}
	return b
}

func maskWords(b []byte, key Key) {
	word := key.doubled()
	for len(b) >= 32 {
		q := b[:32:32]
		binary.LittleEndian.PutUint64(q[0:], binary.LittleEndian.Uint64(q[0:])^word)
		binary.LittleEndian.PutUint64(q[8:], binary.LittleEndian.Uint64(q[8:])^word)
		binary.LittleEndian.PutUint64(q[16:], binary.LittleEndian.Uint64(q[16:])^word)
		binary.LittleEndian.PutUint64(q[24:], binary.LittleEndian.Uint64(q[24:])^word)
		b = b[32:]
	}
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^word)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= byte(word)
		word >>= 8
	}
}
