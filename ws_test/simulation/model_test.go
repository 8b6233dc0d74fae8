package simulation

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/handset-go/handset/ws"
)

// transcript is the model of one direction of a session: what one end has sent, and how
// much of it the other end has received. It knows nothing of the library but what its
// documentation says: what is received is what was sent, in order, nothing twice, nothing
// altered, nothing that the sender was told has not been sent.
type transcript struct {
	mu   sync.Mutex
	fail func(format string, args ...any)
	logs []*log

	limit  int  // of the receiver's AggregatedStream, 0 for none
	tooBig int  // messages that the receiver was told to be longer, and that find has not found
	cut    int  // messages that were not completed, or perhaps not sent
	lossy  bool // the receiver may miss messages, because it has called Close and does not receive fast enough
}

// isTooBig reports whether the receiver is told that the message is too big.
func (t *transcript) isTooBig(m *message) bool {
	return t.limit > 0 && m.kind <= ws.Binary && len(m.data) > t.limit
}

func (t *transcript) isLossy() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lossy
}

// loses records that messages may be missing from now on.
func (t *transcript) loses() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lossy = true
}

// log is what one goroutine has sent, in order. The messages of several goroutines
// arrive in any order, but those of each in its own.
type log struct {
	name string
	all  []*message
	next int // the first message that has not been received
}

// message is a message that was sent.
type message struct {
	kind     ws.Kind // Text, Binary, Ping or Pong
	data     []byte
	result   result
	received bool
	open     bool // fragments are missing
	optional bool // it may be missing, and those behind it arrive
}

// result is what the sender was told.
type result uint8

const (
	pending result = iota // the send has not returned
	sent
	refused // nothing may arrive
	cut     // fragments have been sent, and the rest cannot be
)

// newLog adds the log of a goroutine that sends.
func (t *transcript) newLog(name string) *log {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := &log{name: name}
	t.logs = append(t.logs, l)
	return l
}

// sends records that a send begins. From now on the message may arrive.
func (t *transcript) sends(l *log, kind ws.Kind, data []byte) *message {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := &message{kind: kind, data: data}
	l.all = append(l.all, m)
	return m
}

// opens records that the first fragment of a message is sent, and more that another is.
// What a message consists of is known when it is not open any more.
func (t *transcript) opens(l *log, kind ws.Kind, data []byte) *message {
	m := t.sends(l, kind, bytes.Clone(data))
	t.mu.Lock()
	defer t.mu.Unlock()
	m.open = true
	return m
}

func (t *transcript) more(m *message, data []byte, last bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m.data, m.open = append(m.data, data...), !last
}

// returned records what the sender was told: the message was sent, or nothing of it.
func (t *transcript) returned(m *message, ok bool) {
	if ok {
		t.ends(m, sent)
	} else {
		t.ends(m, refused)
	}
}

func (t *transcript) ends(m *message, r result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if m.result = r; r != sent && m.received {
		t.fail("%s was received, although its send returned an error", m)
	}
}

// peek returns the next message of the log that may arrive, or nil.
func (l *log) peek() *message {
	for l.next < len(l.all) && l.all[l.next].result == refused {
		l.next++
	}
	if l.next == len(l.all) {
		return nil
	}
	return l.all[l.next]
}

// find returns the log whose next message match accepts, or nil. What the receiver was told
// to be too big may come before it: with several logs it is not known at once which one
// such a message is of.
func (t *transcript) find(match func(*message) bool) *log {
	for _, l := range t.logs {
		next, skipped, perhaps := l.next, 0, 0
		for m := l.peek(); m != nil && skipped <= t.tooBig; m = l.peek() {
			if match(m) {
				t.tooBig, t.cut = t.tooBig-skipped, t.cut+perhaps
				return l
			}
			if t.isTooBig(m) && m.optional { // it has perhaps not been sent
				perhaps++
			} else if t.isTooBig(m) {
				skipped++
			} else if !t.lossy && !m.optional {
				break
			}
			l.next++
		}
		l.next = next
	}
	return nil
}

// requires records that a message that was optional must arrive.
func (t *transcript) requires(m *message) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if m.optional = false; m.result == pending {
		m.result = sent
	}
}

// take marks the next message of the log as received.
func (l *log) take() {
	l.all[l.next].received = true
	l.next++
}

// received checks a whole message that was received.
func (t *transcript) received(kind ws.Kind, data []byte) (ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.find(func(m *message) bool {
		return !m.open && m.result != cut && m.kind == kind && bytes.Equal(m.data, data)
	})
	if l != nil {
		l.take()
	}
	return l != nil
}

// skipped records that the receiver was told that a message is longer than its limit.
func (t *transcript) skipped() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tooBig++
}

// begins checks the first part of a message that is not complete, and returns a message
// that begins with it. The caller passes what the call for the part before has returned,
// and how many bytes are new.
func (t *transcript) begins(before *message, kind ws.Kind, data []byte, added int) *message {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := len(data) - added; before != nil && len(before.data) >= len(data) && bytes.Equal(before.data[known:len(data)], data[known:]) {
		return before
	}
	l := t.find(func(m *message) bool { return m.kind == kind && bytes.HasPrefix(m.data, data) })
	if l == nil {
		t.fail("a message begins with %s, which was not sent next: %s", describe(kind, data), t.expected())
		return nil
	}
	return l.peek()
}

// complete checks that everything has been received.
func (t *transcript) complete() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.logs {
		for m := l.peek(); m != nil; m = l.peek() {
			switch {
			case m.result == sent && t.isTooBig(m):
				t.tooBig--
			case m.result == sent:
				t.fail("%d messages of %s were not received, although the session was closed: %s", len(l.all)-l.next, l.name, m)
				return
			}
			if m.result == cut || m.optional {
				t.cut++
			}
			l.next++
		}
	}
	if t.tooBig < 0 || t.tooBig > t.cut {
		t.fail("%d more messages were too big than are longer than %d bytes", t.tooBig, t.limit)
	}
}

// expected describes what may arrive next.
func (t *transcript) expected() string {
	var b bytes.Buffer
	for _, l := range t.logs {
		if m := l.peek(); m != nil {
			fmt.Fprintf(&b, "%s of %s, ", m, l.name)
		}
	}
	return fmt.Sprintf("expected is one of [%s]", bytes.TrimSuffix(b.Bytes(), []byte(", ")))
}

func (m *message) String() string { return describe(m.kind, m.data) }

func describe(kind ws.Kind, data []byte) string {
	return fmt.Sprintf("%v of %d bytes (%.16q)", kind, len(data), data)
}

// describe describes what may arrive next.
func (t *transcript) describe() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.expected()
}
