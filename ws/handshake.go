package ws

import (
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/handset-go/handset/internal/handshake"
)

// IsUpgrade reports whether a request asks for a WebSocket: whether its
// Connection header lists "upgrade" and its Upgrade header "websocket", in any
// case and in any of several lines (RFC 6455 §4.2.1). A handler that also answers
// other requests for the same URL calls it to tell them apart. Handle refuses
// every request for which IsUpgrade is false, and may refuse one for which it is
// true. It is false for nil.
func IsUpgrade(r *http.Request) bool { return handshake.IsUpgrade(r) }

// Subprotocols returns the subprotocols that a client asks for, in its order of
// preference (RFC 6455 §4.1). It reads all Sec-WebSocket-Protocol headers of the
// request and leaves out names that are not tokens (RFC 9110 §5.6.2), which cannot
// be agreed on. It returns nil if r is nil or asks for none.
//
// A handler that chooses by something other than Upgrader.Subprotocols sets its
// choice as the header Sec-WebSocket-Protocol on the ResponseWriter before it
// calls Handle.
func Subprotocols(r *http.Request) []string { return handshake.Subprotocols(r) }

// listOptions are the options of an Upgrader that are lists. They are checked and
// parsed once, rather than for every handshake.
type listOptions struct {
	once    sync.Once
	origins []handshake.OriginPattern // valid after parse
	err     error
}

// parse parses the lists at the first call. It returns an error if one of them is
// invalid.
func (l *listOptions) parse(subprotocols, originPatterns []string) error {
	l.once.Do(func() {
		if l.err = handshake.CheckSubprotocols(subprotocols); l.err == nil {
			l.origins, l.err = handshake.ParseOriginPatterns(originPatterns)
		}
	})
	return l.err
}

// refuse answers a request with an error status and the text of err, and returns
// both as a *HandshakeError.
func refuse(w http.ResponseWriter, r *http.Request, status int, err error) error {
	return handshakeError(handshake.Refuse(w, r, status, err))
}

// handshakeError returns a Refusal as a *HandshakeError, and nil for nil.
func handshakeError(refusal *handshake.Refusal) error {
	if refusal == nil {
		return nil
	}
	return (*HandshakeError)(refusal)
}

// closeAfter closes conn after d, unless stop is called before.
func closeAfter(conn net.Conn, d time.Duration) (stop func() bool) {
	return time.AfterFunc(d, func() { _ = conn.Close() }).Stop
}
