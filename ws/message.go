package ws

import (
	"bytes"
	"fmt"
	"strconv"
	"sync"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/message"
	"github.com/handset-go/handset/internal/outbox"
)

// A Kind is the kind of a Message.
type Kind uint8

const (
	// Text is a whole text message, in UTF-8.
	Text Kind = iota + 1
	// Binary is a whole binary message.
	Binary
	// Ping asks for a Pong with the same payload (RFC 6455 §5.5.2). When it is
	// delivered it has been answered, unless Options.ManualPong is set.
	Ping
	// Pong answers a Ping, or is sent without one (§5.5.3).
	Pong
	// Close is the peer's Close frame (§5.5.1). It is the last message of a
	// stream.
	Close
	// FirstText is the first fragment or chunk of a text message.
	FirstText
	// FirstBinary is the first fragment or chunk of a binary message.
	FirstBinary
	// Continue is a fragment or chunk between the first and the last. Where
	// fragments and chunks begin and end has no meaning (§5.4), and text may be
	// split inside a character.
	Continue
	// Last is the last fragment or chunk of a message. It may be empty.
	Last
)

var kindNames = [...]string{
	Text: "Text", Binary: "Binary", Ping: "Ping", Pong: "Pong", Close: "Close",
	FirstText: "FirstText", FirstBinary: "FirstBinary", Continue: "Continue", Last: "Last",
}

// String returns the name of the constant, such as "Text".
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// A Message is a whole message, a fragment or chunk of one, or a control
// message.
type Message struct {
	// Kind determines which other field is used.
	Kind Kind
	// Data is the payload, nil for Close. In a message from Recv or All it is valid
	// until the next receive. In a message from Chan it belongs to the program.
	Data []byte
	// Reason is the content of a Close message.
	Reason CloseReason
}

// Clone returns a copy of m, including its Data, that may be kept after the next
// receive.
func (m Message) Clone() Message {
	m.Data = bytes.Clone(m.Data)
	return m
}

// set sets msg, which is zero, from an event. It does not return a Message, so that
// callers have one on the stack instead of two.
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

// wholeKinds and firstKinds map opcodes to kinds: wholeKinds for whole messages and
// control frames, firstKinds for the first event of other messages.
var (
	wholeKinds = [16]Kind{frame.Text: Text, frame.Binary: Binary, frame.Ping: Ping, frame.Pong: Pong}
	firstKinds = [16]Kind{frame.Text: FirstText, frame.Binary: FirstBinary}
)

// closeReason returns the content of the Close frame of an event.
func closeReason(e *message.Event) CloseReason { return CloseReason{CloseCode(e.Code), e.Reason} }

// kinds maps each Kind to the frame that it is sent as.
var kinds = [...]struct {
	opcode   frame.Opcode
	fin      bool
	fragment bool // of a message
	sendable bool
}{
	Text:        {opcode: frame.Text, fin: true, sendable: true},
	Binary:      {opcode: frame.Binary, fin: true, sendable: true},
	Ping:        {opcode: frame.Ping, fin: true, sendable: true},
	Pong:        {opcode: frame.Pong, fin: true, sendable: true},
	Close:       {},
	FirstText:   {opcode: frame.Text, fragment: true, sendable: true},
	FirstBinary: {opcode: frame.Binary, fragment: true, sendable: true},
	Continue:    {opcode: frame.Continuation, fragment: true, sendable: true},
	Last:        {opcode: frame.Continuation, fin: true, fragment: true, sendable: true},
}

func errKind(k Kind) error { return fmt.Errorf("ws: cannot send a message of %v", k) }

// fragments validates what Session.Continuation sends. Several goroutines may each
// send a message of their own: in the outbox, the first fragments of all but one of
// them wait. The lock is held while a fragment is validated, not while it waits to be
// queued. The zero value is valid.
type fragments struct {
	mu      sync.Mutex
	state   frame.Fragments // of the latest message
	message uint32          // number of the latest message
	sending bool            // a fragment that continues it is being queued
}

// checkedFragment is a fragment between the calls of check and done.
type checkedFragment struct {
	after   frame.Fragments // state of its message after it
	message uint32          // number of the message that it continues
	first   bool
}

// check validates a fragment before it is queued. If it returns no error, done must
// be called afterwards.
//
// A message is continued by one fragment at a time. Otherwise a fragment might be
// queued after the last one, or text be validated in a different order than it is
// sent.
func (m *fragments) check(f *outbox.Frame) (c checkedFragment, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c.message, c.first = m.message, f.Opcode != frame.Continuation
	if !c.first && m.sending {
		return c, errConcurrentFragment
	}
	if c.after, err = m.state.Next(f.Opcode, f.Fin, f.Data); err != nil {
		return c, err
	}
	m.sending = m.sending || !c.first
	return c, nil
}

// done records whether the fragment was queued. The call for the last fragment of one
// message may come after the call for the first fragment of the next, which has
// waited for it in the outbox.
func (m *fragments) done(c checkedFragment, queued bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case c.first && queued:
		m.state, m.sending = c.after, false
		m.message++
	case c.first || c.message != m.message:
	default:
		m.sending = false
		if queued {
			m.state = c.after
		}
	}
}
