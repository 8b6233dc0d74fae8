package ws

import (
	"context"
	"sync"
	"time"

	"github.com/handset-go/handset/internal/transport"
)

// watch makes the end of a context the end of a read that waits. It stays in
// place from one receive to the next, for as long as their contexts end
// together, so that a loop over Recv sets it up once.
type watch struct {
	done <-chan struct{} // of the context
	stop func() bool

	mu    sync.Mutex
	over  bool // the watch has ended
	fired bool // the context has ended first
}

// heed has ctx end the read that follows.
func (m *MessageStream) heed(ctx context.Context) {
	w := m.watch.Load()
	if w == nil && ctx.Done() == nil {
		return
	}
	if w != nil && w.done == ctx.Done() {
		return
	}
	m.forgetContext()
	if ctx.Done() == nil {
		return
	}
	w = &watch{done: ctx.Done()}
	conn := m.transport // and not m, to which a context may not refer as long as it lasts
	w.stop = context.AfterFunc(ctx, func() { w.fire(conn) })
	m.watch.Store(w)
	if m.session().ended() != nil { // and has forgotten the watch before
		m.forgetContext()
	}
}

func (w *watch) fire(conn transport.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over {
		w.fired = true
		_ = conn.SetReadDeadline(longAgo)
	}
}

// forgetContext ends the watch and takes back what it did.
func (m *MessageStream) forgetContext() {
	w := m.watch.Swap(nil)
	if w == nil {
		return
	}
	w.stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	if w.fired {
		_ = m.session().transport.SetReadDeadline(time.Time{})
	}
}
