package redis

import (
	"io"
	"testing"
)

func TestIsTemporary(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want bool
	}{
		{"the connection is lost", io.EOF, true},
		{"there is no connection", unavailable(io.EOF), true},
		{"the reply is unknown", errReply, false},
		{"the broker is closed", ErrClosed, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := isTemporary(test.err); got != test.want {
				t.Errorf("isTemporary is %v, want %v", got, test.want)
			}
		})
	}
}
