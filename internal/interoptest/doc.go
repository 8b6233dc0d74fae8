// Package interoptest has what package ws does with other libraries and programs, in both
// roles, for the tests of ws_test and bench: Steps are its parts, and Peers are the
// others. A Server is another library's server, which a client of package ws connects to.
// A Client is another library's client, which connects to a server of package ws.
//
// In both roles, the path of the URL says what the other end does:
//
//	/echo       it sends every message back; in 1, 2 and 100 fragments by turns with
//	            ?fragments=1,2,100, and otherwise in one
//	/ping       it sends a Ping with a payload; then it answers every message by a text
//	            that has the payloads of the Pongs received so far, separated by commas
//	/heartbeat  it sends every message back, and Pings of its own accord, as often as it
//	            can
//	/close      it closes the connection with ?code=4000&reason=text when ?after=3
//	            messages have been received, at once if that is 0
//	/invalid    it answers a message by a text that is InvalidText
//	/limit      it sends every message back, and accepts none that is longer than
//	            ReceiveLimit
//	/slow       it takes 5 ms for each message, and answers a text by the number of bytes
//	            of all messages before it, as a text
//	/request    a server sends the header of the request as a text, which is a JSON object
//	            whose names are in lower case; a client, which offers other.protocol and
//	            Subprotocol, sends {"protocol":"…"}, with the selected one
//	/refuse     the handshake is refused: by the other server with the status 401, a
//	            WWW-Authenticate header and a body of RefusalBody
//
// The other end checks what it receives as RFC 6455 says, answers Pings and Close frames,
// and sends a Report of each connection. Its server selects the subprotocol Subprotocol.
// Handler and Converse do this for the libraries of Go.
package interoptest
