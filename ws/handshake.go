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
// case and in any of several lines (RFC 6455 §4.2.1). It is for a handler that
// also answers other requests for the same URL. That Handle accepts the request
// does not follow, but if IsUpgrade is false, Handle refuses it. It is false
// for nil.
func IsUpgrade(r *http.Request) bool { return handshake.IsUpgrade(r) }

// Subprotocols returns the subprotocols that a client asks for, in its order of
// preference (RFC 6455 §4.1). It reads all Sec-WebSocket-Protocol headers of the
// request. What cannot be agreed on because it is not a token (RFC 9110
// §5.6.2) is left out. If r is nil or asks for none, it returns nil.
//
// A handler that chooses by something other than Upgrader.Subprotocols sets its
// choice as the header Sec-WebSocket-Protocol on the ResponseWriter before it
// calls Handle.
func Subprotocols(r *http.Request) []string { return handshake.Subprotocols(r) }

// listOptions are those options of an Upgrader that are lists. They are checked
// and parsed once, and not for every handshake.
type listOptions struct {
	once    sync.Once
	origins []handshake.OriginPattern
	err     error // what makes no sense in them
}

// parse returns what is wrong with the lists.
func (l *listOptions) parse(subprotocols, originPatterns []string) error {
	l.once.Do(func() {
		if l.err = handshake.CheckSubprotocols(subprotocols); l.err == nil {
			l.origins, l.err = handshake.ParseOriginPatterns(originPatterns)
		}
	})
	return l.err
}

// refuse answers a handshake with a status and an error, and returns both.
func refuse(w http.ResponseWriter, r *http.Request, status int, err error) error {
	return handshakeError(handshake.Refuse(w, r, status, err))
}

// handshakeError returns a refusal as a *HandshakeError; nil for nil.
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
