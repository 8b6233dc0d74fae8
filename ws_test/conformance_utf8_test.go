package ws_test

import (
	"fmt"
	"strings"
)

// utf8Group are sequences of bytes of one kind.
type utf8Group struct {
	name      string
	sequences []utf8Sequence
}

type utf8Sequence struct {
	bytes string
	valid bool // as a text of their own (RFC 3629)
}

// utf8Groups are what a decoder of UTF-8 can get wrong, after Markus Kuhn's "UTF-8 decoder
// capability and stress test".
func utf8Groups() []utf8Group {
	return []utf8Group{
		{"text", valid("hello$world", "hello¢world", "hello€world", "hello\U00024B62world", greek)},
		{"texts that end after any byte", greekPrefixes()},
		{"the first code point of each length", valid("\x00", "\u0080", "\u0800", "\U00010000")},
		{"the first that would take 5 and 6 bytes", invalid(longForms(5, 0x200000, 0x4000000)...)},
		{"the last code point of each length", valid("\x7f", "\u07FF", "\uFFFF", "\U0010FFFF")},
		{"the last that would take 4 to 6 bytes", invalid(longForms(4, 0x1FFFFF, 0x3FFFFFF, 0x7FFFFFFF)...)},
		{"around the surrogates and the end of Unicode",
			append(valid("\uD7FF", "\uE000", "\uFFFD", "\U0010FFFF"), invalid(longForm(0x110000, 4))...)},
		{"continuation bytes alone", invalid(loneContinuations()...)},
		{"first bytes alone", invalid(loneFirstBytes()...)},
		{"the last byte missing", invalid(withoutLastByte()...)},
		{"many last bytes missing", invalid(strings.Join(withoutLastByte(), ""))},
		{"bytes that are in no encoding", invalid("\xfe", "\xff", "\xfe\xfe\xff\xff")},
		{"overlong ASCII", invalid(longForms(2, '/', '/', '/', '/', '/')...)},
		{"the last overlong of each length", invalid(longForms(2, 0x7F, 0x7FF, 0xFFFF, 0x1FFFFF, 0x3FFFFFF)...)},
		{"overlong NUL", invalid(longForms(2, 0, 0, 0, 0, 0)...)},
		{"surrogates", invalid(surrogates(0xD800, 0xDB7F, 0xDB80, 0xDBFF, 0xDC00, 0xDF80, 0xDFFF)...)},
		{"pairs of surrogates", invalid(surrogatePairs()...)},
		{"noncharacters", valid(nonCharacters()...)},
		{"specials", valid("\uFFF9", "\uFFFA", "\uFFFB", "\uFFFC", "\uFFFD", "\uFFFE", "\uFFFF")},
	}
}

func valid(texts ...string) (all []utf8Sequence) {
	for _, text := range texts {
		all = append(all, utf8Sequence{text, true})
	}
	return all
}

func invalid(sequences ...string) (all []utf8Sequence) {
	for _, bytes := range sequences {
		all = append(all, utf8Sequence{bytes, false})
	}
	return all
}

// greekPrefixes are those of all lengths, the whole text included.
func greekPrefixes() (all []utf8Sequence) {
	for n := 1; n <= len(greek); n++ {
		all = append(all, utf8Sequence{greek[:n], strings.Contains(" 2 5 7 9 11 ", fmt.Sprintf(" %d ", n))})
	}
	return all
}

// longForm encodes a code in n bytes, 2 to 6, as UTF-8 did before RFC 3629, whether it
// needs them or not, and whether it is a code point or not.
func longForm(code uint32, n int) string {
	b := make([]byte, n)
	for i := n - 1; i > 0; i-- {
		b[i] = 0x80 | byte(code&0x3F)
		code >>= 6
	}
	b[0] = ^byte(0xFF>>n) | byte(code)
	return string(b)
}

// longForms encodes codes in n bytes, n+1 bytes and so on.
func longForms(n int, codes ...uint32) (all []string) {
	for i, code := range codes {
		all = append(all, longForm(code, n+i))
	}
	return all
}

func surrogates(codes ...uint32) (all []string) {
	for _, code := range codes {
		all = append(all, longForm(code, 3))
	}
	return all
}

func surrogatePairs() (all []string) {
	for _, high := range surrogates(0xD800, 0xDB7F, 0xDB80, 0xDBFF) {
		for _, low := range surrogates(0xDC00, 0xDFFF) {
			all = append(all, high+low)
		}
	}
	return all
}

// loneContinuations are one to six continuation bytes after two, and all of them.
func loneContinuations() []string {
	all := []string{"\x80", "\xbf"}
	for n := 2; n <= 6; n++ {
		all = append(all, "\x80\xbf\x80\xbf\x80\xbf"[:n])
	}
	var every strings.Builder
	for b := byte(0x80); b <= 0xBF; b++ {
		every.WriteByte(b)
	}
	return append(all, every.String())
}

// loneFirstBytes are the first bytes of sequences of 2 to 6 bytes, a space after each.
func loneFirstBytes() (all []string) {
	for n := 2; n <= 6; n++ {
		var every strings.Builder
		first := longForm(0, n)[0]
		for b := first; b < first+1<<(7-n); b++ {
			every.WriteByte(b)
			every.WriteByte(' ')
		}
		all = append(all, every.String())
	}
	return all
}

// withoutLastByte are the first and the last encodings of 2 to 6 bytes, without their
// last byte.
func withoutLastByte() (all []string) {
	for _, ones := range []uint32{0, 1<<32 - 1} {
		for n := 2; n <= 6; n++ {
			payloadBits := 5*n + 1
			all = append(all, longForm(ones&(1<<payloadBits-1), n)[:n-1])
		}
	}
	return all
}

// nonCharacters are the last two code points of each plane, which are valid UTF-8.
func nonCharacters() (all []string) {
	for plane := rune(0); plane <= 16; plane++ {
		all = append(all, string(plane<<16|0xFFFE), string(plane<<16|0xFFFF))
	}
	return all
}
