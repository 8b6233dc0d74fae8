package ws

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/handset-go/handset/internal/frame"
)

// CloseCode says why a session ends (RFC 6455 §7.4). Codes 3000–3999 are for
// libraries and frameworks, 4000–4999 for applications.
type CloseCode uint16

// The codes that may be sent, of RFC 6455 §7.4.1 and the IANA registry.
const (
	CloseNormal             CloseCode = 1000 // the purpose is fulfilled
	CloseGoingAway          CloseCode = 1001 // the server goes down, or the page was left
	CloseProtocolError      CloseCode = 1002 // the peer broke the protocol
	CloseUnsupportedData    CloseCode = 1003 // a kind of data that is not taken
	CloseInvalidPayload     CloseCode = 1007 // not what its kind promises, such as text that is not UTF-8
	ClosePolicyViolation    CloseCode = 1008 // against the rules of the application
	CloseMessageTooBig      CloseCode = 1009 // a message or frame above the limit
	CloseMandatoryExtension CloseCode = 1010 // for clients: an extension was not agreed on
	CloseInternalError      CloseCode = 1011 // something unexpected on this side
	CloseServiceRestart     CloseCode = 1012 // come back soon
	CloseTryAgainLater      CloseCode = 1013 // overloaded, come back later
	CloseBadGateway         CloseCode = 1014 // a server behind this one answered badly
)

var closeNames = map[CloseCode]string{
	0:                       "no status",
	CloseNormal:             "normal",
	CloseGoingAway:          "going away",
	CloseProtocolError:      "protocol error",
	CloseUnsupportedData:    "unsupported data",
	CloseInvalidPayload:     "invalid payload",
	ClosePolicyViolation:    "policy violation",
	CloseMessageTooBig:      "message too big",
	CloseMandatoryExtension: "mandatory extension",
	CloseInternalError:      "internal error",
	CloseServiceRestart:     "service restart",
	CloseTryAgainLater:      "try again later",
	CloseBadGateway:         "bad gateway",
}

// String returns the number and, where it has one, the name: "1000 normal".
func (c CloseCode) String() string {
	number := strconv.Itoa(int(c))
	if name, ok := closeNames[c]; ok {
		return number + " " + name
	}
	return number
}

// CloseReason is what a Close message says. The zero value says nothing: a
// Close frame without a status code.
type CloseReason struct {
	// Code is 0 for none, or one that RFC 6455 allows in a frame: 1000–1003,
	// 1007–1014 or 3000–4999.
	Code CloseCode
	// Description is for people: UTF-8, and cut at a character border to 123
	// bytes when it is sent. A reason without a code has none.
	Description string
}

var errDescription = errors.New("ws: close description is not UTF-8, or stands without a code")

func (r CloseReason) check() error {
	switch {
	case r.Code == 0 && r.Description != "", !utf8.ValidString(r.Description):
		return errDescription
	case r.Code != 0 && !frame.ValidCode(uint16(r.Code)):
		return fmt.Errorf("ws: close code %d may not be sent", r.Code)
	}
	return nil
}

func (r CloseReason) payload() []byte {
	return frame.AppendClose(nil, uint16(r.Code), r.Description)
}

// CloseError is why a session ended whose closing handshake was completed (RFC
// 6455 §7.1.4). It is what Session.Err returns then, the cause of
// Session.Context, and the error of sends after Close, and is found by
// errors.As. It is an ErrClosed, and so a net.ErrClosed, by errors.Is.
type CloseError struct {
	// Received is what the peer's Close frame said. In the error of a send it
	// is the zero reason as long as that frame has not come.
	Received CloseReason
	// Sent is what our Close frame said. Its description may have been cut.
	Sent CloseReason
	// ByPeer is true if the peer's Close frame came before ours was sent.
	ByPeer bool
}

// Error says who closed the session, and with what codes and descriptions.
func (e *CloseError) Error() string {
	text := "ws: session closed: " + e.Sent.text()
	if e.ByPeer {
		text = "ws: session closed by the peer: " + e.Received.text()
	}
	switch {
	case e.ByPeer && e.Sent != e.Received:
		text += ", answered with " + e.Sent.text()
	case !e.ByPeer && e.Received != (CloseReason{}) && e.Received != e.Sent:
		text += ", answered with " + e.Received.text()
	}
	return text
}

// Unwrap returns ErrClosed, so that errors.Is finds that and net.ErrClosed.
func (e *CloseError) Unwrap() error { return ErrClosed }

// closed reports whether the error is the end of a closing handshake, and
// nothing worse.
func closed(err error) bool {
	_, ok := err.(*CloseError)
	return ok || err == ErrClosed
}

// withSent returns a copy, of nil too, that knows what our Close frame says. A
// CloseError does not change: it may be in somebody's hands.
func (e *CloseError) withSent(r CloseReason) *CloseError {
	c := e.copy()
	c.Sent = r
	return c
}

// withReceived is withSent for the peer's Close frame.
func (e *CloseError) withReceived(r CloseReason) *CloseError {
	c := e.copy()
	c.Received, c.ByPeer = r, e == nil
	return c
}

func (e *CloseError) copy() *CloseError {
	if e == nil {
		return new(CloseError)
	}
	c := *e
	return &c
}

// text is the code and the description, if there is one.
func (r CloseReason) text() string {
	if r.Description == "" {
		return r.Code.String()
	}
	return r.Code.String() + " " + strconv.Quote(r.Description)
}
