package outbox

import (
	"math/rand/v2"
	"testing"

	"github.com/handset-go/handset/internal/frame"
)

// countRecorder adds up what is reported to it.
type countRecorder struct {
	recorder
	sent, received Count
}

func (l *countRecorder) Count(sent, received Count) {
	l.sent.add(sent)
	l.received.add(received)
}

// Nothing is lost when counters are added up, also beyond 32 bits.
func TestCountLosesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 17))
	recorder := new(countRecorder)
	o := boundOutbox{cb: recorder}
	o.Init(64<<10, frame.Server)
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
			o.acquireLocked().uncounted = c
			o.countSentLocked(recorder)
			o.mu.Unlock()
			sent.add(c)
		}
		if rng.IntN(100) == 0 {
			o.Report()
			if recorder.sent != sent || recorder.received != received {
				t.Fatalf("reported %+v and %+v, not %+v and %+v", recorder.sent, recorder.received, sent, received)
			}
		}
	}
}

// What is received after the end is counted immediately.
func TestCountReceivedAfterEnd(t *testing.T) {
	recorder := new(countRecorder)
	o := boundOutbox{cb: recorder}
	o.Init(64<<10, frame.Server)
	o.Received(Count{Frames: 1, Wire: 2})
	o.Abort(ErrFull)
	o.Received(Count{Frames: 1, Wire: 3})
	if recorder.received != (Count{Frames: 2, Wire: 5}) {
		t.Fatalf("%+v", recorder.received)
	}
}
