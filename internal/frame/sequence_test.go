package frame

import (
	"strings"
	"testing"
)

// testFrame is what Next is told of a frame.
type testFrame struct {
	opcode Opcode
	fin    bool
}

// frames reads frames from words: an opcode's letter — t, b, c, or a control
// frame's P, O or X — and a dot behind the last frame of a message.
func frames(s string) (all []testFrame) {
	ops := map[byte]Opcode{'t': Text, 'b': Binary, 'c': Continuation, 'P': Ping, 'O': Pong, 'X': Close}
	for _, word := range strings.Fields(s) {
		all = append(all, testFrame{ops[word[0]], len(word) > 1 || ops[word[0]].Control()})
	}
	return all
}

// Next returns which message a frame belongs to.
func TestSequenceNext(t *testing.T) {
	for _, c := range []struct {
		name, frames string
		want         []Opcode
		err          error // of the frame after the last one wanted
	}{
		{"whole messages", "t. b. t.", []Opcode{Text, Binary, Text}, nil},
		{"text in fragments", "t c c. b.", []Opcode{Text, Text, Text, Binary}, nil},
		{"binary in fragments", "b c c. t.", []Opcode{Binary, Binary, Binary, Text}, nil},
		{"controls between fragments", "b P c O c. X", []Opcode{Binary, Ping, Binary, Pong, Binary, Close}, nil},
		{"continuation first", "c.", nil, ErrNoMessageOpen},
		{"open continuation first", "c", nil, ErrNoMessageOpen},
		{"continuation after a whole message", "t. c.", []Opcode{Text}, ErrNoMessageOpen},
		{"continuation after a last fragment", "t c. c", []Opcode{Text, Text}, ErrNoMessageOpen},
		{"continuation after a ping only", "P c.", []Opcode{Ping}, ErrNoMessageOpen},
		{"text inside a text", "t t.", []Opcode{Text}, ErrMessageOpen},
		{"binary inside a text", "t c b.", []Opcode{Text, Text}, ErrMessageOpen},
		{"text begun inside a binary", "b P t", []Opcode{Binary, Ping}, ErrMessageOpen},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s Sequence
			for i, f := range frames(c.frames) {
				op, err := s.Next(f.opcode, f.fin)
				if i == len(c.want) {
					if err != c.err || op != 0 {
						t.Errorf("frame %d: %v, %v; want %v", i, op, err, c.err)
					}
					return
				}
				if op != c.want[i] || err != nil {
					t.Fatalf("frame %d: %v, %v; want %v", i, op, err, c.want[i])
				}
			}
			if c.err != nil {
				t.Errorf("no %v", c.err)
			}
		})
	}
}

// A violation does not change a Sequence.
func TestSequenceAfterViolation(t *testing.T) {
	var s Sequence
	for _, f := range frames("t") {
		s.Next(f.opcode, f.fin)
	}
	if _, err := s.Next(Binary, true); err != ErrMessageOpen {
		t.Fatal(err)
	}
	if op, err := s.Next(Continuation, true); op != Text || err != nil {
		t.Errorf("the open message went on as %v, %v", op, err)
	}
}
