package handshake

import (
	"net/http"
	"strings"
)

// whitespace is what may stand around the elements of a list (RFC 9110 §5.6.3).
const whitespace = " \t"

// IsUpgrade reports whether a request asks for a WebSocket: whether its
// Connection header lists "upgrade" and its Upgrade header "websocket", in any
// case and in any of several lines (RFC 6455 §4.2.1). It is for a handler that
// also answers other requests for the same URL. That Handle accepts the request
// does not follow, but if IsUpgrade is false, Handle refuses it. It is false
// for nil.
func IsUpgrade(r *http.Request) bool {
	return r != nil && lists(r.Header["Connection"], "upgrade") && lists(r.Header["Upgrade"], "websocket")
}

// lists reports whether a header's lines list an ASCII word, in any case.
func lists(lines []string, word string) bool {
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			element = strings.Trim(element, whitespace)
			// Of the same length, so that no other letter is folded into an
			// ASCII one.
			if len(element) == len(word) && strings.EqualFold(element, word) {
				return true
			}
		}
	}
	return false
}

// isToken reports whether s is a token (RFC 9110 §5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		if !isAlphanumeric(s[i]) && strings.IndexByte("!#$%&'*+-.^_`|~", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}
