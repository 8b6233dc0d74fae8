package simulation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/handset-go/handset/ws"
)

// redial keeps the client connected by a Redialer until the seed, the last session or the
// number of attempts ends it.
func (c *client) redial(ctx context.Context) {
	now := time.Now()
	ctx, cancel := context.WithDeadline(ctx, c.until.next(now, now.Add(c.random.between(0, 4*c.run.plan.duration))))
	defer cancel()
	r := &ws.Redialer{
		Dialer:         c.dialer,
		URL:            url,
		BaseDelay:      one(c.random, 0, time.Millisecond, 100*time.Millisecond),
		ResetAfter:     one(c.random, 0, time.Second),
		AttemptTimeout: one(c.random, 0, 100*time.Millisecond, 5*time.Second),
		Before:         c.before,
	}
	var last *endpoint
	left := false
	for session, stream := range r.All(ctx) {
		last = c.current.client
		c.run.trace.add(c.name, "connected as ", last.name)
		last.begin(session, stream)
		if left = !c.body(ctx, last); left {
			break
		}
	}
	if c.current != nil && c.current.client.session == nil {
		c.current.client.givesUp()
	}
	err := r.Err()
	c.run.trace.add(c.name, "loop ended: ", class(err))
	switch {
	case left:
		if err != nil {
			c.run.failf("%s: Err is %v after break", c.name, err)
		}
	case err != nil && ctx.Err() != nil && err == context.Cause(ctx):
	case errors.Is(err, ws.ErrShutdown):
		if c.run.shutAt().IsZero() {
			c.run.failf("%s: the loop ended with %v", c.name, err)
		}
	case err == errEnough:
	case err == nil && last == nil:
		c.run.failf("%s: the loop ended without an error and without a session", c.name)
	case err != nil && ws.Retryable(err):
		c.run.failf("%s: the loop ended with %v, which is retryable", c.name, err)
	case err == nil && !last.endedWell():
		c.run.failf("%s: the loop ended without an error after %v", c.name, last.err)
	}
}

var errEnough = errors.New("simulation: enough attempts")

// before makes the pair of an attempt.
func (c *client) before(_ context.Context, a *ws.Attempt) error {
	if c.current != nil && c.current.client.session == nil {
		c.current.client.givesUp()
		c.current.checkHandshake("Dial", a.Err)
	}
	if c.current != nil && c.current.client.session != nil {
		c.current.client.checkRedial()
	}
	if c.number == maxAttempts {
		return errEnough
	}
	c.run.trace.add(c.name, "attempt ", a.Number, " after ", class(a.Err))
	a.URL = fmt.Sprint(url, c.next().id)
	return nil
}

// checkRedial checks that the Redialer may dial again after a session.
func (e *endpoint) checkRedial() {
	if e.session.Err() == nil {
		e.failf("the next attempt begins before the session has ended")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.received; r != nil && e.closing.IsZero() && !ws.Retryable(&ws.CloseError{Received: *r, ByPeer: true}) {
		e.failf("the Redialer dials again after Close %d", r.Code)
	}
}

// body is the body of the loop. It reports whether the loop goes on.
func (c *client) body(ctx context.Context, e *endpoint) (goOn bool) {
	goOn = true
	if c.random.chance(30) {
		goOn = c.random.chance(50)
		now := time.Now()
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, c.until.next(now, now.Add(c.random.between(0, c.run.plan.duration))))
		defer cancel()
	}
	select {
	case <-ctx.Done():
		e.closesItself()
	case <-e.session.Done():
	}
	return goOn
}

// endedWell reports whether the session has ended in a way after which a Redialer does
// not dial again, and which is no error.
func (e *endpoint) endedWell() bool {
	var closed *ws.CloseError
	err := e.session.Err()
	if !errors.As(err, &closed) {
		return !e.closingSince().IsZero() // the program has closed it, and then it was lost
	}
	return !closed.ByPeer || closed.Received.Code == 0 || closed.Received.Code == ws.CloseNormal
}
