package ws

import (
	"context"
	"sync"
)

// turn is the right to read a stream: one reader has it at a time.
type turn struct {
	mu      sync.Mutex
	taken   bool
	drained chan struct{} // while drain has the turn: closed when it is done
}

// take takes the turn. From drain it is taken over when drain is done.
func (t *turn) take(ctx context.Context) error {
	if ctx == nil {
		return errNilContext
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for {
		drained, err := t.try()
		if drained == nil {
			return err
		}
		select {
		case <-drained:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// try takes the turn without waiting. When drain has it, it returns the channel
// that tells when to try again.
func (t *turn) try() (drained <-chan struct{}, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case !t.taken:
		t.taken = true
		return nil, nil
	case t.drained == nil:
		return nil, ErrConcurrentRecv
	default:
		return t.drained, nil
	}
}

// drains takes the turn for drain, unless somebody is reading.
func (t *turn) drains() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken {
		return false
	}
	t.taken, t.drained = true, make(chan struct{})
	return true
}

// give gives the turn back.
func (t *turn) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken = false
	if t.drained != nil {
		close(t.drained)
		t.drained = nil
	}
}
