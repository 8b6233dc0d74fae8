package ws

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/handset-go/handset/internal/frame"
)

// A CloseCode is the status code of a Close frame (RFC 6455 §7.4). Codes
// 3000–3999 are for libraries and frameworks, 4000–4999 for applications.
type CloseCode uint16

// The codes that may be sent, from RFC 6455 §7.4.1 and the IANA registry.
const (
	CloseNormal             CloseCode = 1000 // the session has served its purpose
	CloseGoingAway          CloseCode = 1001 // this side shuts down, or the browser leaves the page
	CloseProtocolError      CloseCode = 1002 // the peer violated the protocol
	CloseUnsupportedData    CloseCode = 1003 // data of a kind that is not accepted
	CloseInvalidPayload     CloseCode = 1007 // data that does not match its kind, such as text that is not UTF-8
	ClosePolicyViolation    CloseCode = 1008 // a violation of the application's policy
	CloseMessageTooBig      CloseCode = 1009 // a message or frame over the limit
	CloseMandatoryExtension CloseCode = 1010 // by clients: a required extension was not negotiated
	CloseInternalError      CloseCode = 1011 // an unexpected condition on this side
	CloseServiceRestart     CloseCode = 1012 // the server restarts; reconnect
	CloseTryAgainLater      CloseCode = 1013 // the server is overloaded; reconnect later
	CloseBadGateway         CloseCode = 1014 // an invalid response from an upstream server
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

// String returns the number and the name, if it has one, such as "1000 normal".
func (c CloseCode) String() string {
	number := strconv.Itoa(int(c))
	if name, ok := closeNames[c]; ok {
		return number + " " + name
	}
	return number
}

// A CloseReason is the content of a Close frame. The zero value is a frame
// without a status code.
type CloseReason struct {
	// Code is 0 for none, or a code that may be sent: 1000–1003, 1007–1014 or
	// 3000–4999.
	Code CloseCode
	// Description is a text for humans, in UTF-8. When it is sent, it is
	// shortened to 123 bytes at a character boundary. It must be empty if Code
	// is 0.
	Description string
}

var errDescription = errors.New("ws: close description is not UTF-8, or has no code")

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

// A CloseError describes a closing handshake (RFC 6455 §7.1.4). It is the
// result of Session.Err, the cause of Session.Context, and the error of sends
// after Close. By errors.Is it is an ErrClosed and a net.ErrClosed.
type CloseError struct {
	// Received is the content of the peer's Close frame. In the error of a send
	// it may be zero until the session has ended.
	Received CloseReason
	// Sent is the content of our Close frame, before its description was
	// shortened to 123 bytes.
	Sent CloseReason
	// ByPeer reports whether the peer's Close frame arrived before ours was
	// queued.
	ByPeer bool
}

// Error returns which side closed the session, and the codes and descriptions.
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

// Unwrap returns ErrClosed.
func (e *CloseError) Unwrap() error { return ErrClosed }

// closed reports whether err is the result of a closing handshake, not of a failure.
func closed(err error) bool {
	_, ok := err.(*CloseError)
	return ok || err == ErrClosed
}

// withSent returns a copy of e, which may be nil, with the content of our Close
// frame. A CloseError is not modified, because the application may have it.
func (e *CloseError) withSent(r CloseReason) *CloseError {
	c := e.copy()
	c.Sent = r
	return c
}

// withReceived is like withSent for the peer's Close frame.
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

// text returns the code and the description, if there is one.
func (r CloseReason) text() string {
	if r.Description == "" {
		return r.Code.String()
	}
	return r.Code.String() + " " + strconv.Quote(r.Description)
}
