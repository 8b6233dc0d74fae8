package ws_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"

	"github.com/handset-go/handset/ws"
)

// Random frames in random reads are received as the model receives them.
func TestRandomConversations(t *testing.T) {
	n := uint64(3000)
	if raceDetector || testing.Short() {
		n = 250
	}
	const step = 500
	for first := uint64(0); first < n; first += step {
		t.Run(fmt.Sprint("seeds from ", first), func(t *testing.T) {
			t.Parallel()
			for seed := first; seed < min(first+step, n); seed++ {
				receiveRandomFrames(t, seed)
			}
		})
	}
}

func receiveRandomFrames(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 4))
	sent, sizes := randomFrames(rng)
	early := 0
	if rng.IntN(3) > 0 {
		sizes, early = randomSizes(rng), rng.IntN(1+min(len(sent), 4096)*rng.IntN(2))
	}
	c := randomConversation(rng)
	on := sides
	if seed%3 > 0 { // which takes a third of the time
		on = on[:1]
	}
	receiveScript(t, on, sent, early, sizes, c)
	if t.Failed() {
		t.Fatalf("seed %d: reads of %v", seed, sizes)
	}
}

func TestRandomConversationsOverTransports(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		t.Parallel()
		for _, over := range transports {
			t.Run(over.name, func(t *testing.T) {
				for seed := range uint64(40) {
					t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
						rng := rand.New(rand.NewPCG(seed, 5))
						sent, _ := randomFrames(rng)
						c := randomConversation(rng)
						p := on.connectOver(t, over, &ws.Upgrader{Options: ws.Options{ManualPong: c.manualPong, SendBuffer: 1 << 30}})
						go writeSplit(p.conn, sent, rng)
						done := make(chan struct{})
						go func() {
							defer close(done)
							c.receive(p.stream, func(func()) {})
						}()
						replies := readAll(t, p.client)
						p.conn.Close()
						await(t, done, "the stream's end")
						await(t, p.session.Done(), "the session's end")
						c.check(t, sent, replies)
					})
				}
			})
		}
	})
}

// writeSplit writes in parts of any size, and then ends the client's
// direction.
func writeSplit(conn net.Conn, sent []byte, rng *rand.Rand) {
	for len(sent) > 0 {
		n := min(1+rng.IntN(1+rng.IntN(1<<rng.IntN(17))), len(sent))
		if _, err := conn.Write(sent[:n]); err != nil {
			return // the session has ended with an error of the client's
		}
		sent = sent[n:]
	}
	_ = conn.(interface{ CloseWrite() error }).CloseWrite()
}
