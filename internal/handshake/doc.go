// Package handshake does the server's half of the opening handshake (RFC 6455
// §4.2). Accept checks a request, takes its connection from the HTTP server and
// writes the status 101 on it. What follows on the connection, which is frames,
// belongs to the caller.
//
// # Steps
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
// # What coder/websocket is used for
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
// # Layer
//
// The package knows nothing of package ws, which sets the options and makes public
// errors of refusals. Error texts name options as the user sets them, such as
// Upgrader.OriginPatterns. The package starts no goroutine and no timer: the one
// timer that Accept may need is an option, CloseAfter.
package handshake
