package outbox

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/handset-go/handset/internal/frame"
)

// A Pong for which there is space is written at once or batched.
func TestPongThatFits(t *testing.T) {
	o, s, h := scripted(1000, endless)
	o.PutPong([]byte("now"), false)
	expectSent(t, s, control(frame.Pong, "now"))
	o.PutPong([]byte("later"), true)
	if s.tries != 1 || h.timers != 1 {
		t.Fatalf("%d writes and %d timers, want 1 and 1", s.tries, h.timers)
	}
	o.Flush()
	expectSent(t, s, control(frame.Pong, "now"), control(frame.Pong, "later"))
}

// Of the Pongs to a peer that does not read, only the last is kept.
func TestPongOnlyLastIsKept(t *testing.T) {
	o, s, _ := scripted(100, 0)
	full := text(strings.Repeat("x", 98))
	put(t, o, full)
	for i := range 1000 {
		o.PutPong(fmt.Append(nil, i), false)
	}
	if n := o.Buffered(); n != 100 {
		t.Fatalf("%d bytes are buffered, want 100", n)
	}
	runAll(o, s)
	expectSent(t, s, full, control(frame.Pong, "999"))
	runAll(o, s)
	o.Flush()
	expectSent(t, s, full, control(frame.Pong, "999"))
}

// A Pong for which there was no space has a copy of its payload.
func TestPongOwnsPayload(t *testing.T) {
	o, s, _ := scripted(100, 0)
	put(t, o, text(strings.Repeat("x", 98)))
	payload := []byte("payload")
	o.PutPong(payload, false)
	clear(payload)
	runAll(o, s)
	expectSent(t, s, text(strings.Repeat("x", 98)), control(frame.Pong, "payload"))
}

// No Pong follows the final frame.
func TestPongAfterFinalFrame(t *testing.T) {
	o, s, _ := scripted(100, 0)
	full := text(strings.Repeat("x", 98))
	put(t, o, full)
	o.PutPong([]byte("kept"), false)
	o.PutFinal([]byte("\x03\xe8"), errors.New("closed"))
	o.PutPong([]byte("late"), false)
	runAll(o, s)
	expectSent(t, s, full, control(frame.Close, "\x03\xe8"))
}
