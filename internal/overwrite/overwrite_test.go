package overwrite

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// Nothing is overwritten unless enabled.
func TestOverwriteNotEnabled(t *testing.T) {
	b := []byte("kept")
	if Expired(b); string(b) != "kept" {
		t.Errorf("the bytes became %q", b)
	}
}

func TestOverwriteEveryByte(t *testing.T) {
	for _, n := range []int{0, 1, len(text) - 1, len(text), len(text) + 1, 100_000} {
		b := make([]byte, n, n+1)
		if fill(b); string(b) != strings.Repeat(text, n/len(text)+1)[:n] || !utf8.Valid(b) {
			t.Errorf("%d bytes became %.100q", n, b)
		}
		if b[:n+1][n] != 0 {
			t.Errorf("a byte behind %d became %q", n, b[:n+1][n])
		}
	}
}
