package outbox

import (
	"math/rand/v2"
	"testing"
)

// ledger is a host that adds up what it is told.
type ledger struct {
	owner
	sent, received Count
}

func (l *ledger) Count(sent, received Count) {
	l.sent.add(sent)
	l.received.add(received)
}

func TestNothingThatIsCountedIsLostHoweverMuchItIs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 17))
	host := new(ledger)
	o := box{h: host}
	o.Init(64 << 10)
	var sent, received Count
	for range 10_000 {
		c := Count{
			Messages: rng.Uint32N(3), Frames: 1 + rng.Uint32N(1<<rng.Uint32N(12)),
			Headers: rng.Uint64N(1 << rng.Uint32N(20)), Wire: rng.Uint64N(1 << rng.Uint32N(40)),
		}
		if rng.IntN(2) == 0 {
			o.Received(c)
			received.add(c)
		} else {
			o.mu.Lock()
			o.busyLocked().leaving = c
			o.countSentLocked(host)
			o.mu.Unlock()
			sent.add(c)
		}
		if rng.IntN(100) == 0 {
			o.Tell()
			if host.sent != sent || host.received != received {
				t.Fatalf("told of %+v and %+v, not %+v and %+v", host.sent, host.received, sent, received)
			}
		}
	}
}

func TestWhatIsReceivedAfterTheEndIsCountedAtOnce(t *testing.T) {
	host := new(ledger)
	o := box{h: host}
	o.Init(64 << 10)
	o.Received(Count{Frames: 1, Wire: 2})
	o.Abort(ErrFull)
	o.Received(Count{Frames: 1, Wire: 3})
	if host.received != (Count{Frames: 2, Wire: 5}) {
		t.Fatalf("%+v", host.received)
	}
}
