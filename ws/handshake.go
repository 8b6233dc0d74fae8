package ws

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/handset-go/handset/internal/clock"
	"github.com/handset-go/handset/internal/handshake"
)

// IsUpgrade reports whether the headers of r ask for a WebSocket: Connection
// lists "upgrade" and Upgrade lists "websocket", in any case (RFC 6455 §4.2.1).
// It is for handlers that also answer other requests for the same URL. If it
// returns false, Handle refuses the request. If it returns true, Handle may
// still refuse it. It returns false if r is nil.
func IsUpgrade(r *http.Request) bool { return handshake.IsUpgrade(r) }

// Subprotocols returns the subprotocols that a request offers, in the client's
// order of preference (RFC 6455 §4.1). It reads all Sec-WebSocket-Protocol
// headers and omits names that are not tokens (RFC 9110 §5.6.2). It returns nil
// if there are none, or if r is nil.
//
// A handler that does not select by Upgrader.Subprotocols sets its selection as
// the header Sec-WebSocket-Protocol on the ResponseWriter before it calls
// Handle.
func Subprotocols(r *http.Request) []string { return handshake.Subprotocols(r) }

// listOptions are the options of an Upgrader that are lists. They are validated and
// parsed once, not for every handshake.
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

// handshakeError converts a Refusal to a *HandshakeError, and nil to nil.
func handshakeError(refusal *handshake.Refusal) error {
	if refusal == nil {
		return nil
	}
	return (*HandshakeError)(refusal)
}

// closeAfter closes conn after d, unless stop is called first.
func closeAfter(conn net.Conn, d time.Duration) (stop func() bool) {
	return time.AfterFunc(d, func() { _ = conn.Close() }).Stop
}

// refused counts and traces a refused handshake.
func (u *Upgrader) refused(r *http.Request, err error) {
	u.registry().countRefusal()
	failure, ok := err.(*HandshakeError)
	if t := u.registry().settings.trace; ok && t.HandshakeRefused != nil {
		t.HandshakeRefused(r, failure)
	}
}

func (u *Upgrader) handle(w http.ResponseWriter, r *http.Request) (s *Session, err error) {
	if w == nil {
		return nil, &HandshakeError{Status: http.StatusInternalServerError, Err: errors.New("nil response writer")}
	}
	if w.Header() == nil {
		return nil, &HandshakeError{Status: http.StatusInternalServerError, Err: fmt.Errorf("%T has a nil Header", w)}
	}
	if r == nil {
		return nil, refuse(w, r, http.StatusInternalServerError, errors.New("nil request"))
	}
	if handshake.Written(w) {
		return nil, handshakeError(handshake.CloseWritten(w, u.writeTimeout()))
	}
	if err := u.check(); err != nil {
		return nil, refuse(w, r, http.StatusInternalServerError, err)
	}
	reg := u.registry()
	if err = reg.reserve(); err != nil {
		return nil, u.refuseSession(w, r, err)
	}
	defer func() {
		if s == nil { // also if the ResponseWriter panics
			reg.release()
		}
	}()
	accepted, c, err := u.accept(w, r)
	if err != nil {
		return nil, err
	}
	s = newSession(reg, accepted.Conn, early(accepted.ReadWriter), accepted.Subprotocol, c)
	if u.KeepRequestValues {
		s.more().values = context.WithoutCancel(r.Context())
	}
	if u.Trace != nil {
		s.more().began = time.Since(clock.Epoch)
	}
	reg.add(s)
	return s, nil
}

// refuseSession answers a request that the registry does not admit.
func (u *Upgrader) refuseSession(w http.ResponseWriter, r *http.Request, err error) error {
	if err == errOtherBubble {
		return refuse(w, r, http.StatusInternalServerError, err)
	}
	w.Header().Set("Retry-After", retryAfter)
	return refuse(w, r, http.StatusServiceUnavailable, err)
}

// retryAfter is the Retry-After of a refused handshake, in seconds.
const retryAfter = "5"

// check returns an error if an option is invalid.
func (u *Upgrader) check() error {
	if u.MaxSessions < 0 || u.ShutdownWindow < 0 {
		return errors.New("negative MaxSessions or ShutdownWindow")
	}
	if err := u.Options.check(); err != nil {
		return err
	}
	if err := u.Compression.check(); err != nil {
		return err
	}
	return u.lists.parse(u.Subprotocols, u.OriginPatterns)
}

// accept performs the opening handshake (RFC 6455 §4.2). The options must be valid. c
// is nil if no compression was negotiated.
func (u *Upgrader) accept(w http.ResponseWriter, r *http.Request) (a handshake.Accepted, c *deflateState, err error) {
	a, refusal := handshake.Accept(w, r, handshake.Options{
		Subprotocols: u.Subprotocols, Origins: u.lists.origins, AllowAnyOrigin: u.AllowAnyOrigin,
		WriteTimeout: u.writeTimeout(), CloseAfter: closeAfter,
		Negotiate: func(offers []string) (response string) {
			c, response = u.Compression.negotiate(offers)
			return response
		},
	})
	return a, c, handshakeError(refusal)
}

// early returns what the server has read beyond the request, because a client may
// send its first frame together with the handshake. The bytes are in the server's
// buffer, and valid until that is read: newSession copies them.
func early(brw *bufio.ReadWriter) []byte {
	if brw == nil || brw.Reader == nil {
		return nil
	}
	b, _ := brw.Reader.Peek(brw.Reader.Buffered())
	return b
}
