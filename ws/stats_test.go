package ws

import (
	"testing"

	"github.com/handset-go/handset/internal/outbox"
)

// What it costs to count a read that brought a message and the write that
// answers it, without and with Session.Stats having been asked.
func BenchmarkCounting(b *testing.B) {
	for name, asked := range map[string]bool{"stats=upgrader": false, "stats=both": true} {
		b.Run(name, func(b *testing.B) {
			s := &Session{handset{fleet: new(Upgrader).fleet()}}
			if asked {
				s.Stats()
			}
			m := s.stream()
			r := m.receiver()
			b.ReportAllocs()
			for b.Loop() {
				r.arrival = arrival{messages: 1, frames: 1, headers: 6, wire: 131}
				m.tallyIn()
				(*host)(s).Wrote(outbox.Written{Messages: 1, Frames: 1, Payload: 125, Wire: 127})
			}
		})
	}
}
