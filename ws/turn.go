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
		t.mu.Lock()
		taken, drained := t.taken, t.drained
		t.taken = true
		t.mu.Unlock()
		switch {
		case !taken:
			return nil
		case drained == nil:
			return ErrConcurrentRecv
		}
		select {
		case <-drained:
		case <-ctx.Done():
			return ctx.Err()
		}
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
