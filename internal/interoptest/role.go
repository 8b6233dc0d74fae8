package interoptest

import "github.com/handset-go/handset/ws"

const (
	// Subprotocol is the only one that the servers support.
	Subprotocol = "handset.interop"

	// RefusalBody is the beginning of the body of /refuse, which is repeated up to
	// more than 1024 bytes.
	RefusalBody = "Who are you? "

	// InvalidText is not UTF-8.
	InvalidText = "invalid \xff text"

	// ReceiveLimit is that of /limit in bytes.
	ReceiveLimit = 1000
)

// A Role is what a library does as a client, or as a server.
type Role struct {
	// Answers are the Sec-WebSocket-Extensions of the responses, if the end of package
	// ws has ws.Frugal, ws.Balanced and ws.Dense. They are empty if there is no
	// compression.
	Answers [3]string

	// SendsUncompressed reports that it decompresses messages, but does not compress any.
	SendsUncompressed bool

	// Lacks are the steps that cannot be run, by their names, and why.
	Lacks map[string]string

	// Ways are those that the library is tested on; all if nil.
	Ways []string

	// ClosesAtOnce reports that it closes the TCP connection with its Close frame, so
	// that what this end is sending meets a reset.
	ClosesAtOnce bool

	// AcceptsInvalidText reports that it does not check that text is UTF-8.
	AcceptsInvalidText bool

	// InvalidText is the code of its answer to text that is not UTF-8, if that is not 1007.
	InvalidText ws.CloseCode

	// DropsInvalidText and DropsTooBig report that it closes the TCP connection
	// mostly without a Close frame, instead of the codes 1007 and 1009.
	DropsInvalidText, DropsTooBig bool

	// AnswersNormal reports that it answers all Close frames with 1000 instead of their
	// code, and AnswersNone that it does so for those without a code.
	AnswersNormal, AnswersNone bool

	// HidesStatus reports that a client does not say with which status the handshake was
	// refused.
	HidesStatus bool

	// Silent reports that it sends no reports and has no paths but /echo.
	Silent bool
}

// A Report is what the other end has seen of one connection.
type Report struct {
	URL    string `json:"url"`    // path and query; of a client, all of it
	Code   int    `json:"code"`   // of the Close frame received; 1005 if that has none, 1006 without a Close frame
	Reason string `json:"reason"` // of the Close frame received
	Status int    `json:"status"` // of a handshake that was refused, for clients
	Error  string `json:"error"`  // for whoever reads the log of a test

	// What was negotiated of permessage-deflate; nil if there is no compression or
	// if the other end does not say.
	Deflate *Parameters `json:"deflate"`
}

// Parameters are those of permessage-deflate (RFC 7692 §7.1).
type Parameters struct {
	ServerAlone bool `json:"serverAlone"` // server_no_context_takeover
	ClientAlone bool `json:"clientAlone"` // client_no_context_takeover
	ServerBits  int  `json:"serverBits"`  // server_max_window_bits
	ClientBits  int  `json:"clientBits"`  // client_max_window_bits
}
