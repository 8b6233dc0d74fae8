package simulation

import (
	"time"

	"github.com/handset-go/handset/ws"
)

// plan is what a seed decides about a whole run. Most runs are small, so that many fit into
// a second, and some are large.
type plan struct {
	clients  int
	duration time.Duration // in which they are dialed, and faults happen
	faulty   int           // connections with faults, in percent
	largest  int           // length of a message
	steps    int           // calls of one goroutine
	upgrader ws.Upgrader
	dialers  []*ws.Dialer
}

func newPlan(rng random) *plan {
	p := &plan{
		clients:  1 + rng.IntN(2),
		duration: one(rng, 10*time.Millisecond, time.Second, 10*time.Second),
		faulty:   one(rng, 0, 0, 30, 80),
		largest:  one(rng, 100, 2000, 2000, 20_000),
		steps:    one(rng, 5, 10, 20),
	}
	if rng.chance(10) {
		p.clients, p.largest, p.steps = 3+rng.IntN(6), one(rng, p.largest, 200_000), 40
	}
	p.upgrader.Options, p.upgrader.Compression = newOptions(rng), newCompression(rng)
	if rng.chance(20) {
		p.upgrader.ShutdownWindow = one(rng, 10*time.Millisecond, time.Second, 5*time.Second)
	}
	if rng.chance(10) {
		p.upgrader.MaxSessions = 1 + rng.IntN(2)
	}
	p.upgrader.Subprotocols = one(rng, nil, nil, []string{"chat"}, []string{"chat", "v2"})
	for range 1 + rng.IntN(2) {
		d := &ws.Dialer{Options: newOptions(rng), Compression: newCompression(rng)}
		d.Subprotocols = one(rng, nil, []string{"v2", "chat"}, []string{"v1", "chat"})
		p.dialers = append(p.dialers, d)
	}
	return p
}

// newOptions chooses the options of sessions. Times are multiples of 320 ms, so that the
// fractions of them that the library uses are whole milliseconds.
func newOptions(rng random) ws.Options {
	const unit = 320 * time.Millisecond
	o := ws.Options{
		SendBuffer:   one(rng, 0, 0, 200, 1000, 10_000),
		WriteTimeout: one(rng, 0, 4*unit, 16*unit),
		CloseTimeout: one(rng, 0, 4*unit, 16*unit),
		ManualPong:   rng.chance(15),
		SessionStats: rng.chance(30),
	}
	switch rng.IntN(4) {
	case 0:
		o.Heartbeat = ws.Heartbeat{Interval: -1}
	case 1:
		o.Heartbeat = ws.Heartbeat{Interval: one(rng, unit, 4*unit), Timeout: one(rng, 2*unit, 8*unit)}
	}
	if rng.chance(20) {
		o.MessageTimeout = one(rng, 4*unit, 32*unit)
	}
	return o
}

func newCompression(rng random) ws.Compression {
	switch rng.IntN(8) {
	case 0:
		return ws.Frugal()
	case 1:
		return ws.Balanced()
	case 2:
		return ws.Dense()
	case 3:
		return ws.Compression{
			Level:          1 + rng.IntN(9),
			MinSize:        one(rng, 0, 1, 20, 1000),
			SendTakeover:   rng.chance(50),
			RecvTakeover:   rng.chance(50),
			SendWindowBits: one(rng, 0, 8, 9, 11, 15),
			RecvWindowBits: one(rng, 0, 8, 9, 11, 15),
		}
	}
	return ws.Compression{}
}
