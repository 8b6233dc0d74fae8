package ws

import (
	"errors"
	"testing"
)

func TestListOptionsAreParsedOnce(t *testing.T) {
	u := &Upgrader{Subprotocols: []string{"chat"}, OriginPatterns: []string{"*.example.com", "[::1]:*"}}
	var err error
	allocated := testing.AllocsPerRun(100, func() { err = u.check() })
	if allocated != 0 || err != nil {
		t.Errorf("check: %.1f allocations, %v", allocated, err)
	}
}

func TestHandshakeErrorText(t *testing.T) {
	for status, want := range map[int]string{
		101: "ws: invalid handshake response: reason", // the server agrees, so it has not refused
		403: "ws: handshake refused with 403 Forbidden: reason",
		520: "ws: handshake refused with 520: reason",
	} {
		if got := (&HandshakeError{Status: status, Err: errors.New("reason")}).Error(); got != want {
			t.Errorf("text is %q, want %q", got, want)
		}
	}
}
