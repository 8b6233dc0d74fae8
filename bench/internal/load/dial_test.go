package load

import (
	"strings"
	"testing"
)

func TestAHandshakeAnswerIsChecked(t *testing.T) {
	const good = "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: " + handshakeAccept + "\r\n\r\n"
	tests := []struct {
		name, answer, want string
	}{
		{"right", good + "rest", ""},
		{"cut off", good[:len(good)-1], "without an end"},
		{"refused", strings.Replace(good, "101 Switching Protocols", "403 Forbidden", 1), "403 Forbidden"},
		{"wrong accept", strings.Replace(good, handshakeAccept, handshakeKey, 1), "wrong Sec-WebSocket-Accept"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			size, err := checkAnswer([]byte(test.answer), Plain)
			switch {
			case test.want == "" && (err != nil || size != len(good)):
				t.Errorf("got %d, %v", size, err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
