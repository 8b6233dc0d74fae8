package nats

import (
	"strings"
	"testing"
)

func TestToken(t *testing.T) {
	for name, want := range map[string]string{
		"":        "=",
		"room-1":  "room-1",
		"Room_1":  "Room_1",
		"a.b *>":  "a=2Eb=20=2A=3E",
		"=":       "=3D",
		"=3D":     "=3D3D",
		"é":       "=C3=A9",
		"\xff\n":  "=FF=0A",
		"$SYS":    "=24SYS",
		"chat:42": "chat=3A42",
	} {
		if got := token(name); got != want {
			t.Errorf("token(%q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzToken(f *testing.F) {
	for _, name := range []string{"", "a", "=", "==", "a.b", strings.Repeat("a", 255), strings.Repeat("a", 256), strings.Repeat(".", 85)} {
		f.Add(name, name+"=")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if (token(a) == token(b)) != (a == b) {
			t.Errorf("%q and %q: %q and %q", a, b, token(a), token(b))
		}
		if got := token(a); len(got) > maxToken || got == "" || strings.ContainsAny(got, " .*>\t\r\n\x00") {
			t.Errorf("%q: %q", a, got)
		}
	})
}
