package frame

import "unicode/utf8"

// UTF8 checks a text that comes in parts. The zero value is the state before the first
// part.
type UTF8 struct {
	tail  [utf8.UTFMax]byte // the first bytes of a character that is not complete
	count uint8             // how many of them
}

// Write checks the next part. It returns false as soon as the text has a byte that no
// UTF-8 text has at that point, even if its character is not complete (RFC 6455 §8.1).
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

// fill completes the character in tail with bytes of p, and returns the rest of p.
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

// Whole reports whether the text does not end inside a character.
func (u *UTF8) Whole() bool { return u.count == 0 }

// Reset prepares u for another text.
func (u *UTF8) Reset() { u.count = 0 }

// wholeLength returns the length of p without the character that p ends inside of, if
// any.
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
