package handshake

import "strings"

// whitespace may stand around the elements of a list (RFC 9110 §5.6.3).
const whitespace = " \t"

// containsToken reports whether the lines of a header, which are comma-separated
// lists, contain an ASCII token in any case.
func containsToken(lines []string, token string) bool {
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			if equalToken(strings.Trim(element, whitespace), token) {
				return true
			}
		}
	}
	return false
}

// equalToken reports whether s is an ASCII token in any case. EqualFold also matches
// a few letters that are not ASCII, such as the Kelvin sign for k. They are longer in
// UTF-8.
func equalToken(s, token string) bool { return len(s) == len(token) && strings.EqualFold(s, token) }

// isToken reports whether s is a token (RFC 9110 §5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		if !isAlphanumeric(s[i]) && strings.IndexByte("!#$%&'*+-.^_`|~", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

func isAlphanumeric(c byte) bool { return isLetter(c) || isDigit(c) }
func isLetter(c byte) bool       { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool        { return c >= '0' && c <= '9' }
