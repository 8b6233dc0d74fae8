package handshake

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

// DialOptions are the options of Dial. The zero value is valid.
type DialOptions struct {
	// HTTPClient sends the request: its Transport, Jar, CheckRedirect and Timeout
	// are used. Nil means http.DefaultClient.
	HTTPClient *http.Client

	// Header has more headers of the request. It is not modified. Those of the
	// handshake itself, such as Sec-WebSocket-Key, must not be in it.
	Header http.Header

	// Host is the Host header. The empty string means the host of the URL.
	Host string

	// Subprotocols are the names to ask for, in the order of preference. They must
	// be tokens and must not repeat.
	Subprotocols []string

	// FollowRedirects follows redirects, as HTTPClient.CheckRedirect says, but for
	// those from wss to ws. If it is false, a redirect is a refusal.
	FollowRedirects bool

	// Extensions is the Sec-WebSocket-Extensions header, or "" for none.
	Extensions string

	// AcceptExtensions is called once with the lines of the server's
	// Sec-WebSocket-Extensions header, which are nil if there is none. An error
	// means that the server may not answer so. Nil accepts no extension.
	AcceptExtensions func(lines []string) error

	// CloseWhen closes a connection when a context ends, unless stop is called
	// before: stop reports false if the context has ended. Nil means that the end of
	// the context of Dial is not noticed while a proxy is asked for a connection, nor
	// by a connection that ignores its deadlines while what came with the 101 is read.
	CloseWhen func(ctx context.Context, conn net.Conn) (stop func() bool)
}

// Dialed is a connection whose opening handshake is done. It belongs to the caller
// of Dial, and no deadline is set. The package documentation says which type Conn
// has.
type Dialed struct {
	Conn net.Conn

	// Early is what the server has sent behind its 101 and is not in Conn any
	// more. It is nil if there is nothing.
	Early []byte

	// Subprotocol is the name that the server has selected, or "" for none. It is
	// a string of DialOptions.Subprotocols.
	Subprotocol string
}

// Dial does the client's half of the opening handshake with the server of a ws, wss,
// http or https URL. ctx and the Timeout of the HTTPClient limit how long this takes,
// and have no effect on the connection afterwards.
//
// The error is a *Refusal if the server has answered, but not with a correct 101, or if an
// HTTP proxy has refused CONNECT.
// Any other error wraps its cause, such as that of ctx, a net.Error or an error of
// package x509. Error texts contain neither userinfo nor query of the URL.
func Dial(ctx context.Context, url string, o DialOptions) (Dialed, error) {
	if ctx == nil {
		return Dialed{}, errors.New("nil context")
	}
	if err := o.Check(url); err != nil {
		return Dialed{}, err
	}
	client := http.DefaultClient
	if o.HTTPClient != nil {
		client = o.HTTPClient
	}
	x := &exchange{transport: client.Transport, options: &o}
	if x.transport == nil {
		x.transport = http.DefaultTransport
	}
	defer x.close()
	conn, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPClient: &http.Client{
			Transport: x, CheckRedirect: o.redirectPolicy(client.CheckRedirect), Jar: client.Jar, Timeout: client.Timeout,
		},
		HTTPHeader: o.requestHeader(), Host: o.Host, Subprotocols: o.Subprotocols,
	})
	var refusal *Refusal
	switch {
	case err == nil:
		_ = conn.CloseNow() // gives its buffers back; what it closes is an inertBody
		return x.dialed(ctx)
	case errors.As(err, &refusal): // of a response 101, or of a proxy
		return Dialed{}, refusal
	case resp != nil && resp.StatusCode != http.StatusSwitchingProtocols:
		return Dialed{}, x.refused(resp.Body)
	}
	return Dialed{}, x.failure(ctx, client.Timeout, err)
}
