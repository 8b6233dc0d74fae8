package frame

import "encoding/binary"

// AppendMasked is Append for a masked frame, as a client sends it (RFC 6455 §5.3).
// AppendPayload appends the payload.
func AppendMasked(dst []byte, op Opcode, fin bool, length int, key Key) []byte {
	second := len(dst) + 1
	dst = Append(dst, op, fin, length)
	dst[second] |= maskBit
	return binary.LittleEndian.AppendUint32(dst, uint32(key))
}

// AppendPayload appends the payload of a masked frame to dst, which must have the
// capacity, and returns the extended slice. The payload is copied and masked in one
// pass, and not changed.
func AppendPayload(dst, payload []byte, key Key) []byte {
	n := len(dst)
	dst = dst[:n+len(payload)]
	maskTo(dst[n:], payload, key)
	return dst
}

// maskTo masks src into dst, which is as long and does not overlap it.
func maskTo(dst, src []byte, key Key) {
	if len(src) >= 2*strideLength {
		n := maskStrides(dst, src, key)
		dst, src = dst[n:], src[n:]
	}
	word := key.doubled()
	for len(src) >= 32 && len(dst) >= 32 {
		binary.LittleEndian.PutUint64(dst[0:8], binary.LittleEndian.Uint64(src[0:8])^word)
		binary.LittleEndian.PutUint64(dst[8:16], binary.LittleEndian.Uint64(src[8:16])^word)
		binary.LittleEndian.PutUint64(dst[16:24], binary.LittleEndian.Uint64(src[16:24])^word)
		binary.LittleEndian.PutUint64(dst[24:32], binary.LittleEndian.Uint64(src[24:32])^word)
		dst, src = dst[32:], src[32:]
	}
	for len(src) >= 8 && len(dst) >= 8 {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^word)
		dst, src = dst[8:], src[8:]
	}
	dst = dst[:len(src)]
	for i, b := range src {
		dst[i] = b ^ byte(word)
		word >>= 8
	}
}
