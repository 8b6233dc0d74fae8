// Package handshake does both halves of the opening handshake (RFC 6455 §4). Accept,
// the server's half, checks a request, takes its connection from the HTTP server and
// writes the status 101 on it. Dial, the client's half, sends a request by an
// http.Client, checks the response and takes the connection from the client's
// Transport. What follows on the connection, which is frames, belongs to the caller.
//
// # Steps of Accept
//
// Accept goes through these steps, and answers with an error status and a text of
// its own at the first that fails:
//
//  1. checkRequest: method, HTTP version, body, headers and origin. It finds what
//     websocket.Accept does not check, or checks less strictly.
//  2. verify: websocket.Accept checks Sec-WebSocket-Key and computes
//     Sec-WebSocket-Accept.
//  3. subprotocol and Options.Negotiate: what client and server agree on.
//  4. hijack: the connection is taken from the server.
//  5. writeResponse: the 101 is written on the connection.
//
// # Steps of Dial
//
//  1. DialOptions.Check: the URL, the names of headers and the subprotocols.
//  2. websocket.Dial makes the request with a new Sec-WebSocket-Key, and sends it by
//     an http.Client, which follows redirects, keeps cookies and limits the time.
//  3. exchange, the RoundTripper of that client, passes the request on to the
//     program's Transport. An httptrace.ClientTrace records the connection.
//  4. If that is an http.Transport, send uses a copy of it, and httpProxy asks HTTP
//     proxies for a connection.
//  5. checkResponse: everything that a server can get wrong in its 101.
//  6. drain: what the Transport has read behind the 101 is read from the body of the
//     response.
//
// # Which connection Dial returns
//
// The body of a 101 of an http.Transport can be written to, but it has no deadlines
// and no addresses. So Dial returns the connection under it, such as a *net.TCPConn
// or a *tls.Conn. connUnder finds it in the body that net/http returns. If that is
// wrapped, it is the last one that GotConn of package httptrace was called with, which
// is wrong if the RoundTripper sends another request besides. The Transport has no
// part in that connection any more: it does not reuse or close it, and the end of the
// context does not either.
//
// The Transport may have read beyond the 101. The body returns these bytes before it
// reads the connection, so drain sets a read deadline that has expired, and reads
// until the connection's error. A *tls.Conn remains usable after this, because it
// treats a timeout of a read as temporary. That of a write it does not.
//
// A RoundTripper that wraps a Transport, such as one that counts requests, may hide
// the connection or the body:
//
//   - If only the connection is hidden, and the body is a wrapper, Dial returns the
//     body as a net.Conn without deadlines.
//   - If only the body's Write is hidden, drain reads the body, and Dial returns the
//     connection. A body that is wrapped is not closed.
//   - If both are hidden, Dial returns an error.
//   - If the connection has no read deadlines, it is read through the body for ever.
//
// # What coder/websocket is used for on the server
//
// The handshake proper is that of github.com/coder/websocket, whose Accept is
// in wide use. Its connections are not used: handset writes and reads frames
// itself. So verify gives Accept a ResponseWriter in memory, the recorder, in
// place of the server's, and uses two of the things that Accept does to it:
//
//   - WriteHeader(101) means that Accept finds nothing wrong with the request. Any
//     other status is what it refuses the request with.
//   - The header Sec-WebSocket-Accept is the client's proof that the server speaks
//     WebSocket.
//
// After WriteHeader(101) Accept asks the recorder for the connection. It gets an
// error, so Accept builds nothing, and what it then writes to the recorder is
// ignored. The recorder has two reasons. Nothing may be written through the
// server's ResponseWriter before Hijack: a middleware may buffer it, or refuse
// Hijack from then on. And a refused client gets a text that says what to change,
// such as a setting of the proxy in front, rather than Accept's.
//
// This relies on the order in which Accept calls its ResponseWriter. A test pins
// that order, so that a new version of coder/websocket that changes it fails the
// test.
//
// # What coder/websocket is used for on the client
//
// websocket.Dial, too, is used without its connection. exchange returns a copy of the
// 101 to it, without extensions and with a body that reads and writes nothing. Dial
// then closes the connection that websocket.Dial has built on that body. A test pins
// that websocket.Dial neither reads nor writes the body, and starts no goroutine.
// exchange belongs to one call of Dial.
//
// # Proxies
//
// RFC 6455 §4.1 asks for a connection through the proxy by CONNECT, for ws as well as
// for wss. An http.Transport does so for https only. For http it sends the request to
// the proxy, and many proxies remove Upgrade from what they forward. So httpProxy does
// it, with the options of the program's Transport, for both. This also gives the
// refusal of a proxy a status, of which net/http returns the text only. Proxies of
// SOCKS are left to net/http, and so is every proxy of a RoundTripper that is not an
// http.Transport.
//
// If the status is not 101, websocket.Dial reads the first KiB of the body, for at
// most 3 seconds.
//
// # Layer
//
// The package knows nothing of package ws, which sets the options and makes public
// errors of refusals. Error texts name options as the user sets them, such as
// Upgrader.OriginPatterns or Dialer.Subprotocols. The package starts no goroutine. Its
// only timers are those of the contexts that limit a CONNECT request and the TLS
// handshake with a proxy. The timer that Accept may need is an option, CloseAfter.
package handshake
