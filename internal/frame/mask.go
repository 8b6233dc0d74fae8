package frame

import (
	"crypto/subtle"
	"encoding/binary"
	"math/bits"
	"sync"
)

// Key is a masking key (RFC 6455 §5.3). Its first byte is the lowest one.
type Key uint32

// strideLength is the number of bytes that one call of subtle.XORBytes, which uses SIMD
// instructions, masks. It is a multiple of the key's length.
const strideLength = 512

// Mask masks b in place. The first byte of the key is for b[0]. Mask returns the key
// rotated for the byte after b, so that a payload can be masked in parts of any length.
// Masking twice restores the bytes.
func Mask(b []byte, key Key) Key {
	if key == 0 {
		return 0
	}
	rest := b
	if len(b) >= 2*strideLength {
		rest = b[maskStrides(b, b, key):]
	}
	maskWords(rest, key)
	return key.rotated(len(b))
}

// rotated returns the key for the byte n bytes further on.
func (k Key) rotated(n int) Key {
	return Key(bits.RotateLeft32(uint32(k), -8*(n&3)))
}

func (k Key) doubled() uint64 { return uint64(k)<<32 | uint64(k) }

// strides are in a pool, not on the stack, for two reasons. Allocated memory is
// aligned, which halves the time of the XOR; and a goroutine's stack that has once held
// one would stay twice as large.
var strides = sync.Pool{New: func() any { return new([strideLength]byte) }}

// maskStrides masks the whole strides at the start of src into dst, which is src or does
// not overlap it, and returns their length.
func maskStrides(dst, src []byte, key Key) (n int) {
	stride := strides.Get().(*[strideLength]byte)
	defer strides.Put(stride)
	for i := 0; i < len(stride); i += 8 {
		binary.LittleEndian.PutUint64(stride[i:], key.doubled())
	}
	for ; len(src)-n >= strideLength; n += strideLength {
		subtle.XORBytes(dst[n:n+strideLength], src[n:n+strideLength], stride[:])
	}
	return n
}

// maskWords masks b in place. With two slices, as maskTo has, it takes a third more time.
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
	if len(b) >= 4 {
		binary.LittleEndian.PutUint32(b, binary.LittleEndian.Uint32(b)^uint32(key))
		b = b[4:]
	}
	for i := range b {
		b[i] ^= byte(word)
		word >>= 8
	}
}
