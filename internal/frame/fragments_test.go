package frame

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

// fragment is one that is to be sent.
type fragment struct {
	op      Opcode
	fin     bool
	payload string
	err     error // that Next returns
}

// next sends the fragment, and returns the state after it.
func (f fragment) next(t *testing.T, state Fragments) Fragments {
	t.Helper()
	after, err := state.Next(f.op, f.fin, []byte(f.payload))
	if err != f.err {
		t.Fatalf("opcode %d, fin %v, %q: got error %v, want %v", f.op, f.fin, f.payload, err, f.err)
	}
	if err != nil {
		return state // as if nothing had been sent
	}
	if after.Open() == f.fin {
		t.Fatalf("opcode %d, fin %v, %q: open is %v", f.op, f.fin, f.payload, after.Open())
	}
	return after
}

// Next checks the order of fragments.
func TestFragmentsNext(t *testing.T) {
	for name, fragments := range map[string][]fragment{
		"a text in one":                   {{op: Text, fin: true, payload: "h\u00e9llo"}},
		"a text in three":                 {{op: Text, payload: "h"}, {payload: "\u00e9"}, {fin: true, payload: "llo"}},
		"empty fragments":                 {{op: Text}, {}, {fin: true}},
		"a character in three fragments":  {{op: Text, payload: "\xf0\x9f"}, {payload: "\x93"}, {fin: true, payload: "\x9e"}},
		"an empty one inside a character": {{op: Text, payload: "\xc3"}, {}, {fin: true, payload: "\xa9"}},
		"a bad byte in the first": {
			{op: Text, payload: "\xff", err: ErrInvalidUTF8},
			{fin: true, payload: "ok", err: ErrNoMessageOpen},
			{op: Text, payload: "o"}, {fin: true, payload: "k"},
		},
		"a bad byte in the middle": {
			{op: Text, payload: "ok"}, {payload: "\xff", err: ErrInvalidUTF8}, {fin: true, payload: "ok"},
		},
		"a character that does not go on": {
			{op: Text, payload: "\xc3"}, {payload: "x", err: ErrInvalidUTF8}, {fin: true, payload: "\xa9"},
		},
		"an end inside a character": {
			{op: Text, payload: "ok\xc3"}, {fin: true, err: ErrInvalidUTF8}, {fin: true, payload: "\xa9"},
		},
		"a whole text that ends inside a character": {{op: Text, fin: true, payload: "\xc3", err: ErrInvalidUTF8}},
		"any bytes in a binary message":             {{op: Binary, payload: "\xff"}, {payload: "\x80"}, {fin: true, payload: "\xc3"}},
		"a continuation of nothing": {
			{err: ErrNoMessageOpen}, {fin: true, err: ErrNoMessageOpen},
		},
		"a continuation behind the end": {
			{op: Binary}, {fin: true}, {err: ErrNoMessageOpen}, {fin: true, err: ErrNoMessageOpen},
		},
		"a message behind another":      {{op: Text, payload: "a"}, {fin: true}, {op: Binary, payload: "\xff"}, {fin: true}},
		"a message in place of another": {{op: Text, payload: "\xc3"}, {op: Text, payload: "a"}, {fin: true, payload: "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			var state Fragments
			for _, f := range fragments {
				state = f.next(t, state)
			}
		})
	}
}

// Every text of up to four bytes, of those that matter, in every division into
// fragments, is as valid as it is in one.
func TestFragmentsUTF8(t *testing.T) {
	const alphabet = "a\x80\xa0\xbf\xc3\xe2\xed\xf0\xf4\xff"
	for length := range 5 {
		total := 1
		for range length {
			total *= len(alphabet)
		}
		for n := range total {
			text := make([]byte, length)
			for i := range text {
				text[i] = alphabet[n%len(alphabet)]
				n /= len(alphabet)
			}
			for cuts := range 1 << max(length-1, 0) {
				if got, want := sendable(divided(text, cuts)), utf8.Valid(text); got != want {
					t.Fatalf("%q cut by %b: %v, want %v", text, cuts, got, want)
				}
			}
		}
	}
}

// divided cuts a text behind each byte whose bit of cuts is set.
func divided(text []byte, cuts int) (fragments [][]byte) {
	from := 0
	for i := range text {
		if cuts>>i&1 != 0 {
			fragments, from = append(fragments, text[from:i+1]), i+1
		}
	}
	return append(fragments, text[from:])
}

// sendable reports whether a text can be sent in the given fragments.
func sendable(fragments [][]byte) bool {
	var state Fragments
	op := Text
	for i, f := range fragments {
		var err error
		if state, err = state.Next(op, i == len(fragments)-1, f); err != nil {
			return false
		}
		op = Continuation
	}
	return true
}

// The input is what several senders of one message try, good and bad. What Next
// lets through is what Sequence and UTF8 let through on the other side.
func FuzzFragments(f *testing.F) {
	for _, seed := range []string{"TaL ", "TxC \xc3C \xa9L ", "BxC L C ", "C TxTxL \xff", strings.Repeat("TaLb", 9)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		var state Fragments
		var sequence Sequence
		var text bytes.Buffer
		for ; len(script) >= 2; script = script[2:] {
			op, fin := map[byte]Opcode{'T': Text, 'B': Binary}[script[0]], script[0] == 'L'
			if op.begins() && state.Open() {
				continue // it would wait
			}
			next, err := state.Next(op, fin, script[1:2])
			if err != nil {
				continue
			}
			state = next
			of, err := sequence.Next(op, fin)
			if err != nil {
				t.Fatalf("the receiver: %v", err)
			}
			if text.WriteByte(script[1]); fin {
				if of == Text && !utf8.Valid(text.Bytes()) {
					t.Fatalf("%q was sent as text", text.Bytes())
				}
				text.Reset()
			}
		}
	})
}
