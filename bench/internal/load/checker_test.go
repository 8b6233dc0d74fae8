package load

import (
	"errors"
	"fmt"
	"testing"
)

// answers are what a server may send for the messages of a tape.
func answers(tape *Tape, n, fragment int) []byte {
	var wire []byte
	for i := range n {
		payload, opcode := tape.Payload(i), tape.opcode
		for fragment > 0 && len(payload) > fragment {
			wire = append(appendHeader(wire, opcode, false, fragment), payload[:fragment]...)
			payload, opcode = payload[fragment:], Continuation
		}
		wire = append(appendHeader(wire, opcode, true, len(payload)), payload...)
	}
	return wire
}

func TestRightAnswersAreCountedHoweverTheyCome(t *testing.T) {
	const messages = 5
	for _, size := range []int{0, 1, 125, 126, 1000} {
		for _, fragment := range []int{0, 1, 100} {
			for _, step := range []int{1, 2, 3, 7, 127, 1 << 20} {
				t.Run(fmt.Sprintf("size=%d,fragment=%d,step=%d", size, fragment, step), func(t *testing.T) {
					tape := NewTape(TapeSpec{Opcode: Binary, Size: size, Count: 3})
					checker := NewChecker(tape, 0)
					got := 0
					for wire := answers(tape, messages, fragment); len(wire) > 0; {
						n := min(step, len(wire))
						ended, err := checker.Feed(wire[:n])
						if err != nil {
							t.Fatal(err)
						}
						got += ended
						wire = wire[n:]
					}
					if got != messages {
						t.Errorf("counted %d messages, want %d", got, messages)
					}
				})
			}
		}
	}
}

func TestAWrongAnswerIsFound(t *testing.T) {
	tape := NewTape(TapeSpec{Opcode: Binary, Size: 200, Count: 2})
	first, second := tape.Payload(0), tape.Payload(1)
	frame := func(opcode Opcode, fin bool, payload []byte) []byte {
		return append(appendHeader(nil, opcode, fin, len(payload)), payload...)
	}
	flipped := append([]byte(nil), first...)
	flipped[150] ^= 1
	tests := []struct {
		name string
		wire []byte
		want error
	}{
		{"one bit", frame(Binary, true, flipped), ErrWrongBytes},
		{"another message", frame(Binary, true, second), ErrWrongBytes},
		{"too short", frame(Binary, true, first[:199]), ErrWrongBytes},
		{"too long", frame(Binary, true, append(first[:200:200], 0)), ErrWrongBytes},
		{"text for binary", frame(Text, true, first), ErrBadFrame},
		{"a continuation of nothing", frame(Continuation, true, first), ErrBadFrame},
		{"a new message inside another", append(frame(Binary, false, first[:9]), frame(Binary, true, first[9:])...), ErrBadFrame},
		{"masked", appendMasked(nil, Binary, true, [4]byte{}, first), ErrBadFrame},
		{"close", frame(closing, true, nil), ErrClosed},
	}
	for _, test := range tests {
		for _, step := range []int{1, 1 << 20} {
			t.Run(fmt.Sprintf("%s,step=%d", test.name, step), func(t *testing.T) {
				checker := NewChecker(tape, 0)
				var err error
				for wire := test.wire; len(wire) > 0 && err == nil; {
					n := min(step, len(wire))
					_, err = checker.Feed(wire[:n])
					wire = wire[n:]
				}
				if !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
			})
		}
	}
}

func TestAPingBetweenFragmentsIsPassedOver(t *testing.T) {
	tape := NewTape(TapeSpec{Opcode: Binary, Size: 10, Count: 1})
	payload := tape.Payload(0)
	wire := append(appendHeader(nil, Binary, false, 4), payload[:4]...)
	wire = append(appendHeader(wire, 0x9, true, 2), "hi"...)
	wire = append(appendHeader(wire, Continuation, true, 6), payload[4:]...)
	checker := NewChecker(tape, 0)
	if n, err := checker.Feed(wire); n != 1 || err != nil {
		t.Errorf("got %d messages, %v", n, err)
	}
}

func BenchmarkChecker(b *testing.B) {
	tape := NewTape(TapeSpec{Opcode: Binary, Size: 125, Count: 16})
	wire := answers(tape, 16, 0)
	checker := NewChecker(tape, 0)
	b.ReportAllocs()
	for b.Loop() {
		if n, err := checker.Feed(wire); n != 16 || err != nil {
			b.Fatal(n, err)
		}
	}
}
