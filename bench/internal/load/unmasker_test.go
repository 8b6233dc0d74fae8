package load

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// maskedAnswers are what a client may send for the messages of a tape.
func maskedAnswers(tape *Tape, n, fragment int) (wire []byte) {
	for i := range n {
		wire = appendMessage(wire, tape.opcode, [4]byte{1, byte(i), 3, 250}, tape.Payload(i), fragment)
	}
	return wire
}

// feedInSteps feeds wire in parts of at most step bytes, up to the first error.
func feedInSteps(c checker, wire []byte, step int) (messages int, err error) {
	for len(wire) > 0 && err == nil {
		n := min(step, len(wire))
		var ended int
		ended, err = c.Feed(wire[:n])
		messages += ended
		wire = wire[n:]
	}
	return messages, err
}

func TestMaskedAnswersAreCountedHoweverTheyCome(t *testing.T) {
	const messages = 5
	for _, size := range []int{0, 1, 3, 125, 126, 1000, 70_000} {
		for _, fragment := range []int{0, 1, 101} {
			for _, step := range []int{1, 2, 3, 5, 7, 13, 127, 4096, 1 << 20} {
				t.Run(fmt.Sprintf("size=%d,fragment=%d,step=%d", size, fragment, step), func(t *testing.T) {
					if size/max(fragment, 1) > 1000 && fragment > 0 {
						t.Skip("many fragments are in the smaller sizes")
					}
					tape := NewTape(TapeSpec{Opcode: Binary, Size: size, Count: 3})
					check := unmasker{checker: newChecker(tape, 0), key: new(repeatedMask)}
					if got, err := feedInSteps(&check, maskedAnswers(tape, messages, fragment), step); got != messages || err != nil {
						t.Errorf("counted %d messages, want %d; %v", got, messages, err)
					}
				})
			}
		}
	}
}

func TestAWrongMaskedAnswerIsFound(t *testing.T) {
	tape := NewTape(TapeSpec{Opcode: Binary, Size: 200, Count: 2})
	right := maskedAnswers(tape, 1, 0)
	flipped := bytes.Clone(right)
	flipped[150] ^= 1
	otherMask := bytes.Clone(right)
	otherMask[4] ^= 1
	tests := []struct {
		name string
		wire []byte
		want error
	}{
		{"one bit of the payload", flipped, ErrWrongBytes},
		{"one bit of the mask", otherMask, ErrWrongBytes},
		{"another message", appendMasked(nil, Binary, true, [4]byte{1, 2, 3, 4}, tape.Payload(1)), ErrWrongBytes},
		{"no mask", answers(tape, 1, 0), ErrBadFrame},
		{"text for binary", appendMasked(nil, Text, true, [4]byte{}, tape.Payload(0)), ErrBadFrame},
		{"close", appendMasked(nil, closing, true, [4]byte{5, 6, 7, 8}, nil), ErrClosed},
	}
	for _, test := range tests {
		for _, step := range []int{1, 1 << 20} {
			t.Run(fmt.Sprintf("%s,step=%d", test.name, step), func(t *testing.T) {
				check := unmasker{checker: newChecker(tape, 0), key: new(repeatedMask)}
				if n, err := feedInSteps(&check, bytes.Clone(test.wire), step); !errors.Is(err, test.want) {
					t.Errorf("got %d messages, %v, want %v", n, err, test.want)
				}
			})
		}
	}
}

func BenchmarkUnmasker(b *testing.B) {
	tape := NewTape(TapeSpec{Opcode: Binary, Size: 125, Count: 16})
	wire := maskedAnswers(tape, 16, 0)
	check, came := unmasker{checker: newChecker(tape, 0), key: new(repeatedMask)}, make([]byte, len(wire))
	b.ReportAllocs()
	for b.Loop() {
		copy(came, wire)
		if n, err := check.Feed(came); n != 16 || err != nil {
			b.Fatal(n, err)
		}
	}
}
