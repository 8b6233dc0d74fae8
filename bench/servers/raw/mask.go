package main

import "crypto/subtle"

// unmask applies the mask in place, by way of the standard library's SIMD.
func (r *reader) unmask(payload, mask []byte) {
	n := copy(r.key[:], mask)
	for n < min(len(r.key), len(payload)) {
		n += copy(r.key[n:], r.key[:n])
	}
	for len(payload) > 0 {
		payload = payload[subtle.XORBytes(payload, payload, r.key[:n]):]
	}
}
