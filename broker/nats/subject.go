package nats

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// maxToken limits the length of an encoded name, because servers limit the length of a
// line of their protocol, which has the subject, to 4 KiB.
const maxToken = 255

// token returns the token of a subject for a group's name, which may have any bytes: a
// different one for each name. Letters, digits, '-' and '_' stand for themselves; other
// bytes become '=' and two hexadecimal digits, and the empty name becomes "=". A name
// that is too long becomes "==" and its SHA-256.
func token(name string) string {
	if name == "" {
		return "="
	}
	if len(name) > maxToken {
		return hashed(name)
	}
	var b strings.Builder
	for i := range len(name) {
		if c := name[i]; plain(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "=%02X", c)
		}
	}
	if b.Len() > maxToken {
		return hashed(name)
	}
	return b.String()
}

func hashed(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "==" + base64.RawURLEncoding.EncodeToString(sum[:])
}

func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// validPrefix reports whether subjects can begin with a prefix: tokens of plain bytes,
// separated by dots.
func validPrefix(prefix string) bool {
	for part := range strings.SplitSeq(prefix, ".") {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool { return r > 0x7f || !plain(byte(r)) }) {
			return false
		}
	}
	return len(prefix) <= maxToken
}
