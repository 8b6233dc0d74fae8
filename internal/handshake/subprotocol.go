package handshake

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const protocolHeader = "Sec-Websocket-Protocol" // in the canonical form of http.Header

// Subprotocols returns the subprotocols that a client asks for, in its order of
// preference (RFC 6455 §4.1), without those that are not tokens. It returns nil if
// there are none or r is nil.
func Subprotocols(r *http.Request) []string {
	if r == nil {
		return nil
	}
	var names []string
	for _, line := range r.Header[protocolHeader] {
		for name := range strings.SplitSeq(line, ",") {
			name = strings.Trim(name, whitespace)
			if isToken(name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// subprotocol returns the subprotocol that client and server agree on, or nil for
// none. It is the one that the program has set as a header of w, if the client
// asks for it, and otherwise the first that the client asks for among supported.
func subprotocol(w http.ResponseWriter, r *http.Request, supported []string) *string {
	chosen := w.Header().Get(protocolHeader)
	var agreed *string
	for _, line := range r.Header[protocolHeader] {
		for name := range strings.SplitSeq(line, ",") {
			name = strings.Trim(name, whitespace)
			switch i := slices.Index(supported, name); {
			case name == chosen && isToken(name):
				own := name // only this one is allocated
				return &own
			case i >= 0 && agreed == nil:
				agreed = &supported[i]
			}
		}
	}
	return agreed
}

// CheckSubprotocols returns an error if a name in Upgrader.Subprotocols cannot be
// asked for by any client or is there twice.
func CheckSubprotocols(names []string) error {
	return checkSubprotocols("Upgrader.Subprotocols", names)
}

// checkSubprotocols checks the names in an option (RFC 6455 §4.1).
func checkSubprotocols(option string, names []string) error {
	for i, name := range names {
		switch {
		case name == "":
			return fmt.Errorf("name %d in %s is empty", i+1, option)
		case !isToken(name):
			return fmt.Errorf("name %q in %s is not a token: it has a space, a separator or a character that is not ASCII", name, option)
		case slices.Contains(names[:i], name):
			return fmt.Errorf("name %q is in %s twice", name, option)
		}
	}
	return nil
}
