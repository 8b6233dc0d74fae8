package frame

import "unicode/utf8"

// UTF8 checks a text that arrives in parts. The zero value is at a text's
// beginning.
type UTF8 struct {
	tail  [utf8.UTFMax]byte // the bytes of a character that is not whole yet
	count uint8             // how many of them
}

// Write checks the next part and reports whether the text can still be
// UTF-8: false from the first byte on that no valid text can have there
// (RFC 6455 §8.1), before the character it belongs to is whole.
func (u *UTF8) Write(p []byte) bool {
	if u.count > 0 {
		var ok bool
		if p, ok = u.fill(p); !ok || u.count > 0 {
			return ok
		}
	}
	whole := wholeLength(p)
	if !utf8.Valid(p[:whole]) {
		return false
	}
	u.count = uint8(copy(u.tail[:], p[whole:]))
	return true
}

// fill completes the character that is open from the front of p and returns
// the rest of p.
func (u *UTF8) fill(p []byte) (rest []byte, ok bool) {
	for i, b := range p {
		u.tail[u.count] = b
		u.count++
		if c := u.tail[:u.count]; utf8.FullRune(c) {
			ok := utf8.Valid(c)
			u.count = 0
			return p[i+1:], ok
		}
	}
	return nil, true
}

// Whole reports whether the text may end here, not inside a character.
func (u *UTF8) Whole() bool { return u.count == 0 }

// Reset goes back to a text's beginning.
func (u *UTF8) Reset() { u.count = 0 }

// wholeLength is where the last character of p begins when p ends inside it;
// else len(p).
func wholeLength(p []byte) int {
	for i := len(p) - 1; i >= 0 && i >= len(p)-(utf8.UTFMax-1); i-- {
		if utf8.RuneStart(p[i]) {
			if utf8.FullRune(p[i:]) {
				break
			}
			return i
		}
	}
	return len(p)
}
