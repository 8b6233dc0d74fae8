// Package interoptest has what a client of package ws does with a server of another
// library, for the tests of ws_test and bench. Run does all of it with one Server,
// which serves these paths:
//
//	/echo     every message is sent back; in 1, 2 and 100 fragments by turns with
//	          ?fragments=1,2,100, and otherwise in one
//	/ping     a Ping with a payload is sent; then every message is answered by a text
//	          that has the payloads of the Pongs received so far, separated by commas
//	/close    the connection is closed with ?code=4000&reason=text when ?after=3
//	          messages have been received, at once if that is 0
//	/request  the header of the request is sent as a text, which is a JSON object whose
//	          names are in lower case
//	/refuse   the handshake is refused with the status 401, a WWW-Authenticate header
//	          and a body of RefusalBody
//
// The server selects the subprotocol Subprotocol. It checks what it receives as RFC
// 6455 says, answers Pings and Close frames, and sends a Report of each connection.
// Handler is such a server for the libraries of Go.
package interoptest
