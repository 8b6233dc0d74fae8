package ws

import (
	"bytes"
	"strconv"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/message"
)

// Kind says what a Message is.
type Kind uint8

const (
	// Text is a whole message of UTF-8 text.
	Text Kind = iota + 1
	// Binary is a whole message of bytes.
	Binary
	// Ping asks for a Pong with the same payload (RFC 6455 §5.5.2). Unless
	// Upgrader.ManualPong is set its Pong has been queued already.
	Ping
	// Pong answers a Ping, or is sent unasked as a sign of life (§5.5.3).
	Pong
	// Close is the peer's wish to end the session, or its answer to ours
	// (§5.5.1). It is the last message of a stream.
	Close
	// FirstText begins a text message that comes in pieces.
	FirstText
	// FirstBinary begins a binary message that comes in pieces.
	FirstBinary
	// Continue is a piece in the middle. Where pieces begin and end carries
	// no meaning (§5.4), and a piece of text may end inside a character.
	Continue
	// Last is the piece that ends the message; it may be empty.
	Last
)

var kindNames = [...]string{
	Text: "Text", Binary: "Binary", Ping: "Ping", Pong: "Pong", Close: "Close",
	FirstText: "FirstText", FirstBinary: "FirstBinary", Continue: "Continue", Last: "Last",
}

// String returns the constant's name.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// Message is what a session sends and a stream receives: a whole message, a
// piece of one, or a control message.
type Message struct {
	// Kind says which fields count.
	Kind Kind
	// Data is the payload of every kind but Close. Messages from Recv and All
	// lend it until the next receive; those from Chan own it. nil for Close.
	Data []byte
	// Reason is what a Close says.
	Reason CloseReason
}

// Clone returns a message that owns its Data, to be kept beyond the next
// receive.
func (m Message) Clone() Message {
	m.Data = bytes.Clone(m.Data)
	return m
}

// set makes msg, which is zero, the Message that an event is. It does not return
// one, so that callers have one Message on the stack instead of two.
func (msg *Message) set(e *message.Event) {
	msg.Data = e.Data
	switch {
	case e.Opcode == frame.Close:
		msg.Kind, msg.Reason = Close, closeReason(e)
	case e.First && e.Last:
		msg.Kind = wholeKinds[e.Opcode]
	case e.First:
		msg.Kind = firstKinds[e.Opcode]
	case e.Last:
		msg.Kind = Last
	default:
		msg.Kind = Continue
	}
}

// wholeKinds and firstKinds are the kinds of events by their opcodes: of whole
// messages and control frames, and of those that begin a message.
var (
	wholeKinds = [16]Kind{frame.Text: Text, frame.Binary: Binary, frame.Ping: Ping, frame.Pong: Pong}
	firstKinds = [16]Kind{frame.Text: FirstText, frame.Binary: FirstBinary}
)

// closeReason returns what the Close frame of an event says.
func closeReason(e *message.Event) CloseReason { return CloseReason{CloseCode(e.Code), e.Reason} }
