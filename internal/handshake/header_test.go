package handshake

import "testing"

func TestContainsToken(t *testing.T) {
	for _, tt := range []struct {
		lines []string
		want  bool
	}{
		{nil, false},
		{[]string{""}, false},
		{[]string{"websocket"}, true},
		{[]string{"h2c,\tWebSocket "}, true},
		{[]string{"h2c", "websocket"}, true},
		{[]string{"websocket2"}, false},
		{[]string{"web socket"}, false},
		{[]string{"websoc\u212Aet"}, false},  // the Kelvin sign
		{[]string{"\u00a0websocket"}, false}, // a space, but not of HTTP
	} {
		if got := containsToken(tt.lines, "websocket"); got != tt.want {
			t.Errorf("%q: %v, want %v", tt.lines, got, tt.want)
		}
	}
}
