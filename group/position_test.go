package group_test

import (
	"testing"

	"github.com/handset-go/handset/group"
)

// FuzzPosition reads a text that a client has sent. If it is a position, that is the same
// when it is written and read again.
func FuzzPosition(f *testing.F) {
	for _, text := range []string{"", ":", "5f0c:42", ":1", "a:b:1", "a:-1", "a:+1", "a:007", "a:18446744073709551615", "a:18446744073709551616"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var p, again group.Position
		if p.UnmarshalText(text) != nil {
			if p != (group.Position{}) {
				t.Errorf("%q is invalid, and was read as %+v", text, p)
			}
			return
		}
		if err := again.UnmarshalText([]byte(p.String())); err != nil || again != p {
			t.Errorf("%q is %+v, whose text %q is %+v, %v", text, p, p, again, err)
		}
	})
}
