package load

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"testing"
)

// packedFrames is a compressed payload in frames as a server sends them.
func packedFrames(opcode Opcode, packed []byte, fragment int) []byte {
	var wire []byte
	for fragment > 0 && len(packed) > fragment {
		wire = append(appendHeader(wire, opcode, false, fragment), packed[:fragment]...)
		packed, opcode = packed[fragment:], Continuation
	}
	wire = append(appendHeader(wire, opcode, true, len(packed)), packed...)
	wire[0] |= packedBit
	return wire
}

// packedAnswers are what a server that compresses may send for each of the first
// n messages of a tape.
func packedAnswers(tape *Tape, n, fragment int) (answers [][]byte) {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, 9) // not as the client compresses
	for i := range n {
		out.Reset()
		if tape.deflate == Alone {
			w.Reset(&out)
		}
		w.Write(tape.Payload(i))
		w.Flush()
		packed := bytes.TrimSuffix(out.Bytes(), []byte(deflateTail))
		answers = append(answers, packedFrames(tape.opcode, packed, fragment))
	}
	return answers
}

func packedTape(deflate Deflate) *Tape {
	return NewTape(TapeSpec{Opcode: Text, Size: 1000, Count: 5, JSON: true, Deflate: deflate})
}

func TestRightCompressedAnswersAreCountedHoweverTheyCome(t *testing.T) {
	const messages = 50 // more than the window
	for _, deflate := range []Deflate{Alone, Takeover} {
		for _, fragment := range []int{0, 1, 100} {
			for _, step := range []int{1, 2, 3, 7, 127, 1 << 20} {
				t.Run(fmt.Sprintf("deflate=%d,fragment=%d,step=%d", deflate, fragment, step), func(t *testing.T) {
					tape := packedTape(deflate)
					checker, got := newChecker(tape, 0), 0
					wire := append(appendHeader(nil, pong, true, 3), "abc"...)
					wire = append(wire, bytes.Join(packedAnswers(tape, messages, fragment), nil)...)
					for len(wire) > 0 {
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

const pong Opcode = 0xa

func TestAWrongCompressedAnswerIsFound(t *testing.T) {
	tape := packedTape(Alone)
	answer := func(payload []byte) []byte {
		return packedAnswers(&Tape{payloads: [][]byte{payload}, count: 1, opcode: Text, deflate: Alone}, 1, 0)[0]
	}
	right, payload := packedAnswers(tape, 1, 0)[0], tape.Payload(0)
	flipped := bytes.Clone(payload)
	flipped[150] ^= 1
	change := func(at int, bits byte) []byte {
		wire := bytes.Clone(right)
		wire[at] ^= bits
		return wire
	}
	fragmented := packedAnswers(tape, 1, 100)[0]
	fragmented[2+100] |= packedBit
	endless := appendHeader(nil, Text, true, 1<<20)
	endless[0] |= packedBit
	tests := []struct {
		name string
		wire []byte
		want error
	}{
		{"one bit", answer(flipped), ErrWrongBytes},
		{"another message", packedAnswers(tape, 2, 0)[1], ErrWrongBytes},
		{"too short", answer(payload[:999]), ErrWrongBytes},
		{"too long", answer(append(payload[:1000:1000], ' ')), ErrWrongBytes},
		{"not deflate data", change(len(right)/2, 0xff), ErrWrongBytes},
		{"far too long", append(endless, make([]byte, 1<<16)...), ErrWrongBytes},
		{"not compressed", append(appendHeader(nil, Text, true, 1000), payload...), ErrBadFrame},
		{"binary for text", change(0, byte(Text^Binary)), ErrBadFrame},
		{"RSV1 on a continuation", fragmented, ErrBadFrame},
		{"close", []byte{finBit | byte(closing), 0}, ErrClosed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := newChecker(packedTape(Alone), 0).Feed(test.wire)
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestACompressedAnswerToAPlainMessageIsFound(t *testing.T) {
	tape := packedTape(Plain)
	_, err := newChecker(tape, 0).Feed(packedAnswers(tape, 1, 0)[0])
	if !errors.Is(err, ErrBadFrame) {
		t.Errorf("got %v", err)
	}
}

// counter counts how many answers are inflated.
type counter struct {
	io.ReadCloser
	inflated int
}

func (c *counter) Reset(r io.Reader, dict []byte) error {
	c.inflated++
	return c.ReadCloser.(flate.Resetter).Reset(r, dict)
}

func TestAnAnswerIsInflatedWhenItIsNew(t *testing.T) {
	tests := []struct {
		deflate  Deflate
		inflated int // of 100 messages, 5 of which differ
	}{
		{Alone, 5},
		{Takeover, 10}, // once in the first round, and once more when they refer to it
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("deflate=%d", test.deflate), func(t *testing.T) {
			tape := packedTape(test.deflate)
			count := &counter{ReadCloser: tape.book.inflate}
			tape.book.inflate = count
			checker := newChecker(tape, 0)
			for i, answer := range packedAnswers(tape, 100, 0) {
				if ended, err := checker.Feed(answer); ended != 1 || err != nil {
					t.Fatalf("message %d: %d ended, %v", i, ended, err)
				}
			}
			if count.inflated != test.inflated {
				t.Errorf("inflated %d answers, want %d", count.inflated, test.inflated)
			}
		})
	}
}

func TestAnAnswerThatRefersToWhatNeverCameIsFound(t *testing.T) {
	tape := packedTape(Takeover)
	answers := packedAnswers(tape, 41, 0)
	old := newChecker(tape, 0)
	if ended, err := old.Feed(bytes.Join(answers, nil)); ended != 41 || err != nil {
		t.Fatalf("%d ended, %v", ended, err)
	}
	// The last answer is right where the window is full, and known to be. It
	// refers to the message five before, which a new connection has not had.
	if ended, err := newChecker(tape, 0).Feed(answers[40]); !errors.Is(err, ErrWrongBytes) {
		t.Errorf("%d ended, %v", ended, err)
	}
}
