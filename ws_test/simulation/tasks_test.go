package simulation

import "sync"

// tasks is like a sync.WaitGroup, but may be used again while others wait.
type tasks struct {
	mu      sync.Mutex
	changed sync.Cond
	running int
}

// Go runs do in a goroutine.
func (t *tasks) Go(do func()) {
	t.begin()
	go func() {
		defer t.done()
		do()
	}()
}

// begin counts a task that is not started by Go. The caller must call done.
func (t *tasks) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running++
}

func (t *tasks) done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running--
	t.changed.L = &t.mu
	t.changed.Broadcast()
}

// Wait waits until none is running.
func (t *tasks) Wait() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changed.L = &t.mu
	for t.running > 0 {
		t.changed.Wait()
	}
}
