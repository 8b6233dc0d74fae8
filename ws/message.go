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
	// delivered it has been answered, unless Upgrader.ManualPong is set.
	Ping
	// Pong answers a Ping, or is sent without a Ping (§5.5.3).
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
	// Data is the payload, nil for Close. In a message from Recv or All it is
	// valid until the next receive. A message from Chan owns it.
	Data []byte
	// Reason is the content of a Close message.
	Reason CloseReason
}

// Clone returns a copy of m that owns its Data, and that may be kept after the
// next receive.
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

// kinds are the frames that messages of each Kind are sent as.
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

// fragments checks what Session.Continuation sends. Several goroutines may each
// send a message of their own: the outbox has all but one of them wait with their
// first fragment. The lock is held while a fragment is checked, not while it waits
// to be queued. The zero value is ready to use.
type fragments struct {
	mu      sync.Mutex
	state   frame.Fragments // of the message that was begun last
	message uint32          // the number of that message
	sending bool            // a fragment that continues it is being queued
}

// checkedFragment is a fragment between check and done.
type checkedFragment struct {
	after   frame.Fragments // the state of its message when it has been queued
	message uint32          // the message that it continues
	first   bool
}

// check checks a fragment before it is queued. Unless it returns an error, done
// must be called afterwards.
//
// A message is continued by one fragment at a time. Otherwise a fragment might be
// queued behind the last one, or the text be checked in another order than it is
// sent in.
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

// done notes whether the fragment was queued. The last fragment of one message may
// let the first of another be queued, whose goroutine may get here before.
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
