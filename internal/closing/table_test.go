package closing

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/handset-go/handset/internal/frame"
)

func TestTable(t *testing.T) {
	for side, name := range sides {
		for s := range State(states) {
			for e := range Event(events) {
				t.Run(fmt.Sprintf("%s,%v in %v", name, e, s), func(t *testing.T) { checkTransition(t, side, s, e) })
			}
		}
	}
}

func checkTransition(t *testing.T, side frame.Side, s State, e Event) {
	section := regexp.MustCompile(`^[57](\.\d)+$`)
	n := Next(side, s, e)
	switch {
	case n.RFC == "" && (n != Transition{To: s}):
		t.Errorf("%+v cites no section", n)
	case n.RFC != "" && !section.MatchString(n.RFC):
		t.Errorf("%q is no section", n.RFC)
	case s == Ended && n.RFC != "":
		t.Error("something happens after the end")
	case (n.Why != NotEnded) != (n.To == Ended && s != Ended):
		t.Errorf("goes to %v with reason %v", n.To, n.Why)
	case n.To == Ended && n.Do != 0:
		t.Errorf("%v at the end, which discards everything", n.Do)
	case s != Ended && e == Abort && n.To != Ended:
		t.Error("does not end")
	case s != Ended && s != Open && e == TimedOut && n.To != Ended && !n.Do.Has(StartTimer):
		t.Error("waits for ever")
	}
}

// sides are the sides of a connection with their names.
var sides = map[frame.Side]string{frame.Server: "server", frame.Client: "client"}

// walked is what has happened on the way to a state.
type walked struct {
	side   frame.Side
	state  State
	closes int     // how many Close frames were sent
	did    Actions // all that was to be done
	cause  bool    // there is an event that led to a violation or a loss
	events []Event
}

// Every sequence of up to six events.
func TestSequences(t *testing.T) {
	for side, name := range sides {
		t.Run(name, func(t *testing.T) { walkSequences(t, side) })
	}
}

func walkSequences(t *testing.T, side frame.Side) {
	reached := map[State]bool{}
	count := 0
	var walk func(w walked)
	walk = func(w walked) {
		count++
		reached[w.state] = true
		checkEnds(t, w)
		if len(w.events) == 6 {
			return
		}
		for e := range Event(events) {
			walk(step(t, w, e))
		}
	}
	walk(walked{side: side})
	want := states
	if side == frame.Server {
		want-- // CloseDone
	}
	if len(reached) != want {
		t.Errorf("only %v are reached", reached)
	}
	if want := 597_871; count != want { // the sum of 9^n for n from 0 to 6
		t.Errorf("%d sequences, want %d", count, want)
	}
}

// step follows one more event and checks what is to be done about it.
func step(t *testing.T, w walked, e Event) walked {
	n := Next(w.side, w.state, e)
	next := walked{w.side, n.To, w.closes, w.did | n.Do, w.cause, append(w.events[:len(w.events):len(w.events)], e)}
	if n.Do.Has(SendClose) {
		next.closes++
	}
	switch n.To {
	case FailQueued, ReadClosed, WriteBroken:
		next.cause = true
	}
	silent := w.did.Has(SendClose | FinishQueue | DiscardQueue)
	switch {
	case next.closes > 1:
		t.Errorf("%v: two Close frames", next.events)
	case silent && n.Do.Has(SendClose):
		t.Errorf("%v: a Close frame behind the end of the queue", next.events)
	case silent && sends(n.To):
		t.Errorf("%v: %v sends messages after our Close frame", next.events, n.To)
	case sends(n.To) == next.did.Has(SendClose|FinishQueue|DiscardQueue) && n.To != Ended:
		t.Errorf("%v: %v, but what was done to the queue is %v", next.events, n.To, next.did)
	case n.Why == ByCause && !next.cause:
		t.Errorf("%v: ends by a cause that is not there", next.events)
	case n.Why == ByHandshake && (next.closes != 1 || !seen(next.events, CloseArrived)):
		t.Errorf("%v: a closing handshake without two Close frames", next.events)
	case n.To != Open && n.To != Ended && !next.did.Has(StartTimer|StartAnswerTimer):
		t.Errorf("%v: %v without a timer", next.events, n.To)
	case n.Why == ByHandshake && w.side == frame.Client && w.state != CloseDone:
		t.Errorf("%v: the client does not wait for the server to close TCP", next.events)
	case n.Why == ByTimeout && (e != TimedOut || next.cause):
		t.Errorf("%v: ends by a timeout", next.events)
	case n.Why != NotEnded && !next.cause && (w.state == CloseDone || e == Drained || e == CloseArrived) != (n.Why == ByHandshake):
		t.Errorf("%v: ends with reason %v", next.events, n.Why)
	}
	checkReader(t, w.state, n, next.events)
	return next
}

// checkReader checks that somebody is made to read when a state is entered in which
// something is read for, and only then.
func checkReader(t *testing.T, from State, n Transition, events []Event) {
	for _, c := range []struct {
		do    Actions
		reads bool
	}{
		{ReadOn, n.To != from && (n.To == CloseQueued || n.To == WriteBroken)},
		{ReadToEOF, n.To == CloseDone && from != CloseDone},
		{DiscardInput, n.To == FailSent && from != FailSent},
	} {
		if n.Do.Has(c.do) != c.reads {
			t.Errorf("%v: goes to %v with %v", events, n.To, n.Do)
		}
	}
}

// checkEnds checks that timeouts alone bring a connection that is not open to its
// end, and Abort every one.
func checkEnds(t *testing.T, w walked) {
	if Next(w.side, w.state, Abort).To != Ended {
		t.Errorf("%v: Abort does not end %v", w.events, w.state)
	}
	s := w.state
	for range 2 {
		s = Next(w.side, s, TimedOut).To
	}
	if s != Ended && w.state != Open {
		t.Errorf("%v: two timeouts do not end %v", w.events, w.state)
	}
}

func seen(events []Event, e Event) bool {
	for _, x := range events {
		if x == e {
			return true
		}
	}
	return false
}

// sends reports whether messages may be queued: only before our Close frame (RFC 6455
// §5.5.1), and not when nobody receives them any more.
func sends(s State) bool { return s == Open || s == CloseReceived }
