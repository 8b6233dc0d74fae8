package interoptest

import (
	"net/http"
	"testing"
)

const (
	// Subprotocol is the only one that the servers support.
	Subprotocol = "handset.interop"

	// RefusalBody is the beginning of the body of /refuse, which is repeated up to
	// more than 1024 bytes.
	RefusalBody = "Who are you? "
)

// A Server is what Run connects to.
type Server struct {
	URL     string        // without a path; of scheme ws or wss
	Client  *http.Client  // nil means http.DefaultClient; its Transport is an *http.Transport
	Reports <-chan Report // of the connections that have ended

	// EchoOnly reports that the server has no path but /echo, sends each message in
	// one fragment, and sends no reports.
	EchoOnly bool

	// ClosesAtOnce reports that the server closes the TCP connection with its Close
	// frame, so that what the client is sending meets a reset.
	ClosesAtOnce bool

	// Answers are the Sec-WebSocket-Extensions of the responses to the offers of
	// ws.Frugal, ws.Balanced and ws.Dense. They are empty if the server does not
	// compress.
	Answers [3]string
}

// A Report is what a server has seen of one connection.
type Report struct {
	URL    string `json:"url"`    // path and query of the request
	Code   int    `json:"code"`   // of the client's Close frame; 1005 if that has none, 1006 without a Close frame
	Reason string `json:"reason"` // of the client's Close frame

	// What was negotiated of permessage-deflate; nil if there is no compression or
	// if the server does not say.
	Deflate *Parameters `json:"deflate"`
}

// Parameters are those of permessage-deflate (RFC 7692 §7.1).
type Parameters struct {
	ServerAlone bool `json:"serverAlone"` // server_no_context_takeover
	ClientAlone bool `json:"clientAlone"` // client_no_context_takeover
	ServerBits  int  `json:"serverBits"`  // server_max_window_bits
	ClientBits  int  `json:"clientBits"`  // client_max_window_bits
}

// Run connects to the server for each thing that a client does, in subtests.
func Run(t *testing.T, s *Server) {
	for _, c := range []struct {
		name string
		echo bool // needs /echo only
		run  func(*testing.T, *Server)
	}{
		{"messages", true, messages},
		{"fragments from the client", true, fragmentsFromClient},
		{"fragments from the server", false, fragmentsFromServer},
		{"ping from the client", true, pingFromClient},
		{"ping of the heartbeat", true, pingOfHeartbeat},
		{"ping from the server", false, pingFromServer},
		{"close from the client", true, closeFromClient},
		{"close from the server", false, closeFromServer},
		{"close while the client sends", false, closeWhileSending},
		{"request", false, requestHeader},
		{"refusal", true, refusal},
		{"compression", true, compression},
	} {
		if c.echo || !s.EchoOnly {
			t.Run(c.name, func(t *testing.T) { c.run(t, s) })
		}
	}
}
