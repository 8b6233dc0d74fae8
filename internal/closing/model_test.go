package closing

import (
	"testing"

	"github.com/handset-go/handset/internal/frame"
)

// model is the closing handshake as RFC 6455 tells it, in facts rather than in
// states.
type model struct {
	side frame.Side

	sent, left, arrived bool // our Close frame is queued, has left; the peer's has arrived
	failed, eof, cut    bool // the peer broke the protocol; nothing comes; nothing leaves
	done                bool // both Close frames were exchanged, and the server is to close TCP
	ended               bool
	closeCount          int
}

func (m *model) close() {
	if !m.sent && !m.eof && !m.cut {
		m.sent = true
		m.closeCount++
	}
}

// happens notes an event. What the connection cannot have is noted by nobody:
// frames after the peer's Close frame, and after a violation.
func (m *model) happens(e Event) {
	if m.ended {
		return
	}
	deaf := m.arrived || m.failed
	switch e {
	case Close:
		m.close()
	case CloseArrived:
		if !deaf && !m.eof {
			m.arrived = true
			m.ended = m.cut
			m.complete()
		}
	case Violation:
		if !deaf && !m.eof {
			m.failed = true
			m.close()
			m.ended = m.left || m.cut
		}
	case Drained:
		m.drained()
	case ReadEOF:
		m.readEOF()
	case ReadFailed, Abort:
		m.ended = true
	case WriteFailed:
		m.ended = deaf || m.eof || m.left
		m.cut = true
	case TimedOut:
		m.timedOut()
	}
}

func (m *model) drained() {
	switch {
	case m.eof:
		m.ended = true
	case m.sent && !m.cut && !m.left:
		m.left = true
		m.complete()
	}
}

// complete ends the connection if both Close frames were exchanged. A client waits for
// the server to do that.
func (m *model) complete() {
	if m.left && m.arrived {
		m.done = m.side == frame.Client
		m.ended = !m.done
	}
}

func (m *model) readEOF() {
	switch {
	case m.done:
		m.ended = true
	case m.arrived, m.failed && !m.left:
	case m.cut, m.left:
		m.ended = true
	default:
		m.eof = true
	}
}

func (m *model) timedOut() {
	switch {
	case m.arrived && !m.sent:
		m.close()
	case m.sent || m.eof || m.cut:
		m.ended = true
	}
}

// disagree says in what the model and the table differ, "" in nothing.
func (m *model) disagree(s State, closes int) string {
	switch {
	case m.ended != (s == Ended):
		return "the end"
	case m.ended:
		return ""
	case m.closeCount != closes:
		return "Close frames"
	case (m.sent || m.eof || m.cut) == sends(s):
		return "whether messages are sent"
	case (m.sent && !m.arrived && !m.failed && !m.eof && !m.cut) != s.AwaitsClose():
		return "whether the peer's Close frame is awaited"
	case m.done != (s == CloseDone):
		return "whether the end of the TCP connection is awaited"
	case (m.eof || m.cut) != s.Lost():
		return "whether the connection is lost"
	}
	return ""
}

func TestModel(t *testing.T) {
	for side, name := range sides {
		t.Run(name, func(t *testing.T) { walkModel(t, side) })
	}
}

func walkModel(t *testing.T, side frame.Side) {
	var walk func(m model, s State, closes int, events []Event)
	walk = func(m model, s State, closes int, sequence []Event) {
		if what := m.disagree(s, closes); what != "" {
			t.Fatalf("%v: %v, and the model disagrees on %s: %+v", sequence, s, what, m)
		}
		if len(sequence) == 6 {
			return
		}
		for e := range Event(events) {
			next, n := m, Next(side, s, e)
			next.happens(e)
			sent := closes
			if n.Do.Has(SendClose) {
				sent++
			}
			walk(next, n.To, sent, append(sequence[:len(sequence):len(sequence)], e))
		}
	}
	walk(model{side: side}, Open, 0, nil)
}

// Longer sequences than TestModel has time for: each byte is an event.
func FuzzClosing(f *testing.F) {
	f.Add([]byte{byte(Close), byte(Drained), byte(CloseArrived)})
	f.Add([]byte{byte(CloseArrived), byte(Close), byte(Drained)})
	f.Add([]byte{byte(Violation), byte(Drained), byte(ReadEOF)})
	f.Add([]byte{byte(ReadEOF), byte(Drained)})
	f.Add([]byte{byte(WriteFailed), byte(CloseArrived), byte(TimedOut)})
	f.Fuzz(func(t *testing.T, input []byte) {
		for side := range sides {
			compareModel(t, side, input)
		}
	})
}

func compareModel(t *testing.T, side frame.Side, input []byte) {
	m, w := model{side: side}, walked{side: side}
	for _, b := range input {
		e := Event(b) % Event(events)
		m.happens(e)
		w = step(t, w, e)
		checkEnds(t, w)
		if what := m.disagree(w.state, w.closes); what != "" {
			t.Fatalf("%v: %v, and the model disagrees on %s: %+v", w.events, w.state, what, m)
		}
	}
}
