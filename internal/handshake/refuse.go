package handshake

import (
	"fmt"
	"net/http"
)

// A Refusal says why a handshake failed. Accept returns it as a pointer, which is nil
// for no error, and Dial as an error.
type Refusal struct {
	Status int         // of the answer, if the client was answered; 101 if Dial finds a wrong answer
	Header http.Header // of the answer, only of Dial
	Body   []byte      // the first KiB of the answer's, only of Dial
	Err    error       // what is wrong, never nil
}

// Error returns the status and what is wrong.
func (r *Refusal) Error() string { return fmt.Sprintf("status %d: %v", r.Status, r.Err) }

// Unwrap returns Err.
func (r *Refusal) Unwrap() error { return r.Err }

// Refuse answers a request with an error status and the text of err, and returns
// both. r may be nil.
//
// Over HTTP/1 the connection is closed after the answer: a client may have sent
// frames after its request, because it expects a 101, and the server must not
// read them as another request.
func Refuse(w http.ResponseWriter, r *http.Request, status int, err error) *Refusal {
	h := w.Header()
	deleteHandshakeHeaders(h)
	if r == nil || r.ProtoMajor < 2 { // HTTP/2 has no such headers (RFC 9113 §8.2.2)
		h.Set("Connection", "close") // in a line of its own and the first: net/http reads no other
		if status == http.StatusUpgradeRequired {
			h.Add("Connection", "Upgrade")
			h.Set("Upgrade", "websocket")                  // RFC 9110 §15.5.22
			h["Sec-WebSocket-Version"] = []string{version} // RFC 6455 §4.4
		}
	}
	http.Error(w, err.Error(), status)
	return &Refusal{Status: status, Err: err}
}
