package load

import (
	"testing"
	"time"
)

func TestMessagesAreDueInTurn(t *testing.T) {
	s := schedule{start: time.Unix(100, 0), gap: time.Millisecond, conns: 3}
	for message := range 10 {
		if want := time.Unix(100, 0).Add(time.Duration(message) * time.Millisecond); !s.due(message).Equal(want) {
			t.Errorf("message %d is due at %v, want %v", message, s.due(message), want)
		}
		if conn, i := s.conn(message), message/3; s.number(conn, i) != message {
			t.Errorf("message %d is number %d of connection %d, which is message %d", message, i, conn, s.number(conn, i))
		}
	}
}
