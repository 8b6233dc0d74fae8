package simulation

import (
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"github.com/handset-go/handset/ws"
)

// The bytes of messages are parts of these, behind a number that makes each message
// different from all others.
var (
	textBlock  = []byte(strings.Repeat("a user joins the chat; größer, 日本語, 😀; {\"price\": 1024, \"symbol\": \"HSET\"} ", 6000)[:400<<10])
	noiseBlock = make([]byte, 400<<10)
)

func init() { _, _ = rand.NewChaCha8([32]byte{}).Read(noiseBlock) }

// uniqueSize is the number of bytes from which on a message is unlike others.
const uniqueSize = 13

// content returns the bytes of a new message of the given length, or a little less for
// text.
func content(rng random, kind ws.Kind, n int) []byte {
	b := make([]byte, 0, n)
	for id := rng.Uint64() | 1<<63; id > 0 && len(b) < n; id >>= 5 {
		b = append(b, "abcdefghijklmnopqrstuvwxyz234567"[id&31])
	}
	rest := n - len(b)
	block := textBlock
	if kind != ws.Text && rng.chance(50) {
		block = noiseBlock
	}
	from := rng.IntN(len(block) - rest)
	part := block[from : from+rest]
	if kind == ws.Text {
		part = wholeRunes(part)
	}
	return append(b, part...)
}

// wholeRunes returns p without the parts of characters at its ends.
func wholeRunes(p []byte) []byte {
	for len(p) > 0 && !utf8.RuneStart(p[0]) {
		p = p[1:]
	}
	for len(p) > 0 {
		if r, n := utf8.DecodeLastRune(p); r != utf8.RuneError || n != 1 {
			break
		}
		p = p[:len(p)-1]
	}
	return p
}
