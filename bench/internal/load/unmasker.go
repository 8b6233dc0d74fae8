package load

import (
	"crypto/subtle"
	"fmt"
)

const maskSize = 4

// unmasker is the checker of what a client sends: it takes the masks away, in
// place, and feeds another checker with what remains.
type unmasker struct {
	checker checker

	partial [maxHeader]byte // a header that arrived in parts
	held    int
	mask    [maskSize]byte // of the frame under way, rotated to the next byte
	left    uint64         // payload bytes of the frame still to come
	key     *repeatedMask
}

// repeatedMask is where unmaskers of one thread repeat their masks.
type repeatedMask [1024]byte

// Feed takes what came, overwriting it, and says how many messages ended in it.
func (u *unmasker) Feed(b []byte) (messages int, err error) {
	for len(b) > 0 {
		start, used := 0, 0 // where what the checker gets starts, and where in it the payload
		if u.left == 0 {
			head, n, err := u.takeHeader(b)
			if err != nil {
				return messages, err
			}
			// The header slides up to its payload, so that the checker gets both at
			// once, unless that takes more room than this part of the header did.
			start, used = n, n
			if n >= len(head) {
				start -= copy(b[n-len(head):], head)
			} else if messages, err = u.feed(head, messages); err != nil {
				return messages, err
			}
		}
		end := used + int(min(u.left, uint64(len(b)-used)))
		u.unmask(b[used:end])
		if messages, err = u.feed(b[start:end], messages); err != nil {
			return messages, err
		}
		b = b[end:]
	}
	return messages, nil
}

// feed adds to messages how many of them end in what is unmasked.
func (u *unmasker) feed(unmasked []byte, messages int) (int, error) {
	ended, err := u.checker.Feed(unmasked)
	return messages + ended, err
}

// takeHeader takes a header, or a part of it, from the start of b. It returns the
// header without its mask, none if it is not complete, and how much of b it was.
func (u *unmasker) takeHeader(b []byte) (head []byte, used int, err error) {
	before := u.held
	u.held += copy(u.partial[u.held:], b)
	h, n := parseHeader(u.partial[:u.held])
	if n == 0 || h.masked && u.held < n+maskSize {
		return nil, len(b), nil
	}
	if !h.masked {
		return nil, 0, fmt.Errorf("%w: a frame without a mask", ErrBadFrame)
	}
	copy(u.mask[:], u.partial[n:])
	u.partial[1] &^= maskBit
	u.left, u.held = h.size, 0
	return u.partial[:n], n + maskSize - before, nil
}

// unmask takes the mask away from the next bytes of the payload, by way of the
// standard library's SIMD.
func (u *unmasker) unmask(payload []byte) {
	u.left -= uint64(len(payload))
	key := u.key
	n := copy(key[:], u.mask[:])
	for n < min(len(key), max(len(payload), 2*maskSize)) {
		n += copy(key[n:], key[:n])
	}
	for rest := payload; len(rest) > 0; {
		rest = rest[subtle.XORBytes(rest, rest, key[:n]):]
	}
	copy(u.mask[:], key[len(payload)%maskSize:])
}
