package frame

import (
	"math/rand/v2"
	"testing"
	"unicode/utf8"
)

// badTexts are texts with a byte that UTF-8 cannot have, and its index.
var badTexts = []struct {
	name string
	text string
	bad  int
}{
	{"lone continuation byte", "ab\x80", 2},
	{"another", "\xBF", 0},
	{"overlong two bytes, C0", "\xC0\x80", 0},
	{"overlong two bytes, C1", "ab\xC1\xBF", 2},
	{"overlong three bytes", "\xE0\x9F\xBF", 1},
	{"overlong four bytes", "\xF0\x8F\xBF\xBF", 1},
	{"first surrogate", "κ\xED\xA0\x80", 3},
	{"last surrogate", "\xED\xBF\xBF", 1},
	{"above U+10FFFF", "\xF4\x90\x80\x80", 1},
	{"first byte F5", "\xF5\x80\x80\x80", 0},
	{"first byte FF", "abc\xFF", 3},
	{"two bytes, then ASCII", "\xC3a", 1},
	{"three bytes, then ASCII", "\xE2\x82a", 2},
	{"four bytes, then ASCII", "\xF0\x9F\x98a", 3},
	{"character begun inside another", "\xE2\xC3\xA9", 1},
	{"too many continuation bytes", "é\x80", 2},
	{"the suite's own example", "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80edited", 12},
}

// UTF8 finds the first invalid byte wherever the text is split.
func TestUTF8FindsFirstBadByte(t *testing.T) {
	for _, c := range badTexts {
		t.Run(c.name, func(t *testing.T) {
			text := []byte(c.text)
			if bad, _ := firstBad(text); bad != c.bad {
				t.Fatalf("the table says %d, the naive checker %d", c.bad, bad)
			}
			for end := range len(text) + 1 {
				for cut := range end + 1 {
					var u UTF8
					ok := u.Write(text[:cut]) && u.Write(text[cut:end])
					if want := end <= c.bad; ok != want {
						t.Errorf("%q and %q: %v, want %v", text[:cut], text[cut:end], ok, want)
					}
				}
			}
		})
	}
}

// edges are the bytes at which UTF-8's ranges begin and end.
var edges = []byte{0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF,
	0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF}

// UTF8 agrees with the table of the Unicode standard at every boundary.
func TestUTF8AgreesWithUnicodeTable(t *testing.T) {
	text := make([]byte, 4)
	for i := range len(edges) * len(edges) * len(edges) * len(edges) {
		for k, rest := 0, i; k < len(text); k, rest = k+1, rest/len(edges) {
			text[k] = edges[rest%len(edges)]
		}
		bad, whole := firstBad(text)
		var once UTF8
		if ok := once.Write(text); ok != (bad == len(text)) || ok && once.Whole() != whole {
			t.Fatalf("%x at once: %v, whole %v; the table says bad from %d, whole %v", text, ok, once.Whole(), bad, whole)
		}
		var u UTF8
		for k := range text {
			if ok := u.Write(text[k : k+1]); ok != (k < bad) {
				t.Fatalf("%x byte by byte: %v at %d; the table says bad from %d", text, ok, k, bad)
			} else if !ok {
				break
			}
		}
	}
}

// UTF8 agrees with package utf8 on text in parts.
func TestUTF8AgreesWithStandardLibrary(t *testing.T) {
	for seed := range uint64(3000) {
		rng := rand.New(rand.NewPCG(seed, 2))
		text := randomText(rng)
		var u UTF8
		ok := true
		for rest := text; ok && len(rest) > 0; {
			n := min(rng.IntN(1+rng.IntN(12)), len(rest))
			ok = u.Write(rest[:n])
			rest = rest[n:]
		}
		if got, want := ok && u.Whole(), utf8.Valid(text); got != want {
			t.Fatalf("seed=%d: %q: %v, want %v", seed, text, got, want)
		}
	}
}

// randomText is text of characters of all lengths, half of the time with a byte
// changed or dropped.
func randomText(rng *rand.Rand) []byte {
	var text []byte
	for range rng.IntN(40) {
		limit := []int32{0x80, 0x800, 0x10000, 0x110000}[rng.IntN(4)]
		text = utf8.AppendRune(text, rng.Int32N(limit)) // a surrogate becomes U+FFFD
	}
	if i := rng.IntN(2*len(text) + 1); i < len(text) {
		if rng.IntN(2) == 0 {
			return append(text[:i], text[i+1:]...)
		}
		text[i] ^= byte(1 << rng.IntN(8))
	}
	return text
}

// Whole is true only between characters.
func TestUTF8Whole(t *testing.T) {
	var u UTF8
	for _, c := range []struct {
		part  string
		whole bool
	}{
		{"", true}, {"a", true}, {"\xF0", false}, {"", false}, {"\x9F", false}, {"\x98", false}, {"\x80", true},
		{"x\xE2\x82", false}, {"\xACy", true}, {"\xC3", false}, {"\xA9\xC3", false}, {"\xA9", true},
	} {
		if !u.Write([]byte(c.part)) {
			t.Fatalf("%q was refused", c.part)
		}
		if u.Whole() != c.whole {
			t.Fatalf("after %q: whole %v, want %v", c.part, u.Whole(), c.whole)
		}
	}
}

// Reset drops an incomplete character.
func TestUTF8Reset(t *testing.T) {
	var u UTF8
	u.Write([]byte("\xE2\x82"))
	u.Reset()
	if !u.Whole() || !u.Write([]byte("a")) || !u.Whole() {
		t.Error("the open character was not forgotten")
	}
}
