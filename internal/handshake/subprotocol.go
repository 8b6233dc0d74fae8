package handshake

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const protocolHeader = "Sec-Websocket-Protocol" // as it is in a Header

// Subprotocols returns the subprotocols that a client asks for, in its order of
// preference (RFC 6455 §4.1). It reads all Sec-WebSocket-Protocol headers of the
// request. What cannot be agreed on because it is not a token (RFC 9110
// §5.6.2) is left out. If r is nil or asks for none, it returns nil.
//
// A handler that chooses by something other than Upgrader.Subprotocols sets its
// choice as the header Sec-WebSocket-Protocol on the ResponseWriter before it
// calls Handle.
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

// subprotocol is the one that client and server agree on, nil for none: that
// which the handler has set as a header if the client lists it, or else the
// first one the client lists that the server speaks.
func subprotocol(w http.ResponseWriter, r *http.Request, spoken []string) *string {
	chosen := w.Header().Get(protocolHeader)
	var agreed *string
	for _, line := range r.Header[protocolHeader] {
		for name := range strings.SplitSeq(line, ",") {
			name = strings.Trim(name, whitespace)
			switch i := slices.Index(spoken, name); {
			case name == chosen && isToken(name):
				picked := name // the only one to be allocated
				return &picked
			case i >= 0 && agreed == nil:
				agreed = &spoken[i]
			}
		}
	}
	return agreed
}

// CheckSubprotocols finds names that no client can ask for, or that are there
// twice.
func CheckSubprotocols(names []string) error {
	for i, name := range names {
		switch {
		case name == "":
			return fmt.Errorf("name %d in Upgrader.Subprotocols is empty", i+1)
		case !isToken(name):
			return fmt.Errorf("name %q in Upgrader.Subprotocols is not a token: it has a blank, a separator or a character that is not ASCII", name)
		case slices.Contains(names[:i], name):
			return fmt.Errorf("name %q is in Upgrader.Subprotocols twice", name)
		}
	}
	return nil
}
