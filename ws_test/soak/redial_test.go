package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/handset-go/handset/ws"
)

// redial keeps a session by a Redialer, each with a request of its own.
func redial(c *clients, r request) {
	ctx, cancel := context.WithDeadline(c.stop, r.until)
	defer cancel()
	var h *half
	d := &dialed{}
	rng := r.random(8)
	redialer := &ws.Redialer{
		Dialer: c.dialer(&r), URL: c.networks[r.over].scheme + "://soak/",
		BaseDelay: c.longest / 40, MaxDelay: c.longest / 10, AttemptTimeout: patience,
		Before: func(_ context.Context, a *ws.Attempt) error {
			one := r
			one.id, one.seed, one.until = c.ids.Add(1), rng.Uint64(), time.Now().Add(c.longest/20+randomTime(rng, c.longest/4))
			h = c.half(one)
			a.URL += "?" + one.query()
			return nil
		},
		Retry: func(err error) bool { return true },
	}
	var reports sync.WaitGroup
	defer reports.Wait()
	for session, stream := range redialer.All(context.WithValue(ctx, slot{}, d)) {
		h.session, h.stream, h.conn = session, stream, d.conn
		c.counts.sessions.Add(1)
		failure := serveRedialed(h, rng)
		half := h
		reports.Go(func() { // when the loop has closed the session
			report := half.finish(failure)
			report.Interrupted = c.stop.Err() != nil
			c.results.add(report)
		})
		if rng.IntN(16) == 0 {
			break
		}
	}
	if err := redialer.Err(); err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		c.fail(r, fmt.Errorf("Redialer: %w", err))
	}
}

// serveRedialed is the body of the loop: an echo, after which the server closes the session,
// or the client resets it or leaves the session open.
func serveRedialed(h *half, rng *rand.Rand) error {
	end, leave := rng.IntN(4), time.Now()
	if end == 2 {
		leave = leave.Add(time.Until(h.until) / 2)
	}
	return both(func() error {
		return h.receive(func(ws.Message) error {
			if end == 2 && time.Now().After(leave) {
				return errLeave
			}
			return nil
		})
	}, func() error {
		err := h.sendUntil(h.rng, thinkTime, mediumSize)
		switch end {
		case 0:
			h.do("reset")
			h.conn.reset()
		case 1:
			err = errors.Join(err, h.closeAtRandom())
		case 2:
			return err
		}
		return errors.Join(err, h.awaitClose())
	})
}

// echoForATime is echo that closes the session when its time is over.
func echoForATime(h *half) error {
	return both(func() error { return echo(h) }, func() error {
		h.wait(time.Until(h.until))
		return h.close(ws.CloseReason{Code: ws.CloseServiceRestart})
	})
}
