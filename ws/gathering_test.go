package ws

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/internal/frame"
)

func TestWhatGathersHasNoTimerAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &Upgrader{Heartbeat: Heartbeat{Interval: -1}}
		s, peer := begun(t, u)
		go func() { _, _ = peer.Write(bytes.Repeat(masked(frame.Binary, 10), 2)) }()
		if _, err := s.stream().Recv(context.Background()); err != nil {
			t.Fatal(err)
		}
		_ = s.Text(context.Background(), "gathers, as there is more to receive")
		g := &u.registry().gathering
		timer := g.timer
		if timer == nil || len(g.sessions) != 1 {
			t.Fatal("nothing gathers")
		}
		s.end(ErrShutdown)
		if timer.Stop() {
			t.Error("the timer runs on")
		}
		(*outboxHost)(s).StartTimer() // by a send that was under way
		if g.timer != nil || g.sessions != nil || g.spare != nil {
			t.Error("something gathers after the end")
		}
	})
}
