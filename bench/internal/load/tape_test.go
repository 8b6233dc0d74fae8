package load

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

func TestWireIsTheMessagesInARow(t *testing.T) {
	tape := NewTape(TapeSpec{Opcode: Binary, Size: 125, Count: 3})
	for from := range 7 {
		for n := range 4 {
			var want []byte
			for i := range n {
				want = append(want, tape.Wire(from+i, 1)...)
			}
			if !bytes.Equal(tape.Wire(from, n), want) {
				t.Errorf("%d messages from %d on are not the single ones in a row", n, from)
			}
		}
	}
}

func TestMessagesDifferFromTheirNeighbours(t *testing.T) {
	tape := NewTape(TapeSpec{Opcode: Binary, Size: 125, Count: 16})
	for i := range 16 {
		if bytes.Equal(tape.Payload(i), tape.Payload(i+1)) {
			t.Errorf("messages %d and %d are the same", i, i+1)
		}
	}
}

func TestTextIsUTF8ButNotASCII(t *testing.T) {
	payload := NewTape(TapeSpec{Opcode: Text, Size: 1024, Count: 1}).Payload(0)
	if !utf8.Valid(payload) {
		t.Error("not UTF-8")
	}
	if utf8.RuneCount(payload) == len(payload) {
		t.Error("only ASCII")
	}
}
