package ws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/internal/clock"
	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/handshake"
)

// A Dialer holds the options of a client. Its zero value is valid. One Dialer may dial
// any number of sessions, which share its timers and statistics. A Dialer must not be
// copied or modified after first use. It is safe for concurrent use. In tests, its
// sessions must belong to one testing/synctest bubble at a time.
type Dialer struct {
	// HTTPClient sends the handshake. Nil means http.DefaultClient, which uses the
	// proxy of the environment (see http.ProxyFromEnvironment) and HTTP/1.1. Its
	// Transport determines proxies, TLS and how connections are made, for example
	// over Unix sockets; its Jar provides and keeps cookies; its Timeout limits the
	// handshake, not the session. An *http.Transport is copied for each request, so
	// that the session does not count among its connections, and asks HTTP proxies
	// for a connection by CONNECT, also for ws (RFC 6455 §4.1). Its
	// MaxResponseHeaderBytes is 1 MiB if it is zero. A Transport that is not an
	// *http.Transport may prevent that the session uses the connection itself: it
	// then reads and writes the body of the response, and a context does not
	// interrupt a receive.
	HTTPClient *http.Client

	// Header has further headers of the request, such as Authorization, Origin or
	// Cookie. It must not have those of the handshake, such as Sec-WebSocket-Key,
	// nor Host.
	Header http.Header

	// Host is the Host header of the request. Empty means the host of the URL.
	Host string

	// Subprotocols are the subprotocols that the client supports, most preferred
	// first (RFC 6455 §1.9). Each must be a token (RFC 9110 §5.6.2) and unique.
	// Session.Subprotocol returns the one that the server has selected, or "" if
	// it has selected none. Dial fails if it selects another.
	Subprotocols []string

	// FollowRedirects makes Dial follow redirects, as the CheckRedirect of
	// HTTPClient says, but not from wss to ws. By default Dial fails with a
	// HandshakeError, as in browsers, so that the request's headers and cookies
	// are not sent to a server that the program has not named.
	FollowRedirects bool

	// Compression configures permessage-deflate (RFC 7692), which the server may
	// decline. The zero value does not offer it. Frugal, Balanced and Dense return
	// common settings.
	Compression Compression

	// Options are the options of the sessions.
	Options

	state atomic.Pointer[registry]
}

// defaultDialer is the Dialer of the package-level Dial.
var defaultDialer Dialer

// Dial calls Dialer.Dial of a Dialer that has the default options.
func Dial(ctx context.Context, url string) (*Session, *MessageStream, error) {
	return defaultDialer.Dial(ctx, url)
}

// Dial connects to a server and performs the opening handshake (RFC 6455 §4.1). It
// returns the two halves of the session. The scheme of the URL is ws, wss, http or
// https; it has no fragment. User name and password of the URL are sent as basic
// authentication. ctx applies to the handshake only. The program must keep a reference
// to one of the halves; otherwise the session ends with ErrAbandoned.
//
// The session is as that of Handle, with the differences that RFC 6455 requires of a
// client: frames are masked with unpredictable keys (§5.3); a server that masks its
// frames violates the protocol (§5.1); and after the closing handshake the session
// waits for the server to close the TCP connection, at most until Options.CloseTimeout
// is over (§7.1.1).
//
// The error is a *HandshakeError if the server refuses the handshake, if its response
// 101 violates the protocol, or if an HTTP proxy refuses to connect. Other errors wrap
// the cause, such as the error of ctx, a *net.OpError or a
// *tls.CertificateVerificationError. Their texts contain neither the query nor the
// user name and password of the URL, which may be secret, nor those of a proxy's.
// If an option or the URL is invalid, Dial returns an error and does not connect.
// After Shutdown or Close the error is ErrShutdown.
func (d *Dialer) Dial(ctx context.Context, url string) (*Session, *MessageStream, error) {
	return d.dial(ctx, url, d.Header)
}

// dial is Dial with other headers.
func (d *Dialer) dial(ctx context.Context, url string, header http.Header) (*Session, *MessageStream, error) {
	s, err := d.connect(ctx, url, header)
	if err != nil {
		return nil, nil, err
	}
	if t := s.trace(); t.SessionStart != nil {
		t.SessionStart(s)
	}
	return s, s.stream(), nil
}

func (d *Dialer) connect(ctx context.Context, url string, header http.Header) (s *Session, err error) {
	if ctx == nil {
		return nil, errNilContext
	}
	if err := cmp.Or(d.Options.check(), d.Compression.check()); err != nil {
		return nil, fmt.Errorf("ws: %w", err)
	}
	var compression *deflateState
	o := handshake.DialOptions{
		HTTPClient: d.HTTPClient, Header: header, Host: d.Host,
		Subprotocols: d.Subprotocols, FollowRedirects: d.FollowRedirects, Extensions: d.Compression.offer(),
		AcceptExtensions: func(lines []string) (err error) {
			compression, err = d.Compression.agree(lines)
			return err
		},
		CloseWhen: closeWhen,
	}
	if err := o.Check(url); err != nil {
		return nil, fmt.Errorf("ws: %w", err)
	}
	r := d.registry()
	if err := r.reserve(); err != nil {
		return nil, dialerRefuses(err)
	}
	defer func() {
		if s == nil { // also if the Transport panics
			r.release()
		}
	}()
	dialed, err := handshake.Dial(ctx, url, o)
	if err != nil {
		return nil, r.dialFailed(err)
	}
	s = newSession(r, dialed.Conn, dialed.Early, d.subprotocol(dialed.Subprotocol), compression)
	if d.Trace != nil {
		s.more().began = time.Since(clock.Epoch)
	}
	r.add(s)
	return s, nil
}

// closeWhen closes conn when ctx ends, unless stop is called before.
func closeWhen(ctx context.Context, conn net.Conn) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = conn.Close() })
}

// subprotocol returns a pointer to the name in d.Subprotocols, so that the sessions
// share it, or nil for "".
func (d *Dialer) subprotocol(name string) *string {
	if i := slices.Index(d.Subprotocols, name); i >= 0 {
		return &d.Subprotocols[i]
	}
	return nil
}

// dialerRefuses returns the error of Dial for one of registry.reserve.
func dialerRefuses(err error) error {
	if err == errShutDown {
		return ErrShutdown
	}
	return fmt.Errorf("ws: %w", err)
}

// dialFailed returns the error of Dial for one of handshake.Dial, and counts it if the
// server has refused the handshake.
func (r *registry) dialFailed(err error) error {
	var refusal *handshake.Refusal
	if errors.As(err, &refusal) {
		r.countRefusal()
		return handshakeError(refusal)
	}
	return &dialError{err}
}

// dialError is the error of a handshake that has got no response.
type dialError struct{ err error }

func (e *dialError) Error() string {
	return "ws: dial: " + strings.TrimPrefix(e.err.Error(), "ws: ")
}

func (e *dialError) Unwrap() error { return e.err }

// registry returns the Dialer's registry. The first call makes it and reads the
// options.
func (d *Dialer) registry() *registry {
	if r := d.state.Load(); r != nil {
		return r
	}
	d.state.CompareAndSwap(nil, newRegistry(d.settings(frame.Client), 0))
	return d.state.Load()
}

// Sessions returns the open sessions of d, as Upgrader.Sessions does those of an
// Upgrader.
func (d *Dialer) Sessions() iter.Seq[*Session] { return d.registry().openSessions() }

// Stats returns the statistics of d, as Upgrader.Stats does those of an Upgrader.
// Refused counts the handshakes that ended with a HandshakeError.
func (d *Dialer) Stats() Stats { return d.registry().stats() }

// Shutdown closes all sessions of d with CloseGoingAway and waits until they have
// ended, as Upgrader.Shutdown does. From then on Dial returns ErrShutdown. A Dialer
// cannot be reused after Shutdown. The sessions of the package-level Dial cannot be
// shut down together.
func (d *Dialer) Shutdown(ctx context.Context) error {
	return d.registry().shutdown(ctx, clientGoingAway, 0)
}

// Close ends all sessions of d immediately, without a closing handshake, with
// ErrShutdown, as Upgrader.Close does. It does not wait and returns nil.
func (d *Dialer) Close() error {
	d.registry().endAll()
	return nil
}
