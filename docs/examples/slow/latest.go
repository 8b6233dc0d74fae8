package slow

import (
	"sync"

	"github.com/handset-go/handset/ws"
)

// Latest is a value of which only the latest state counts, such as a price.
type Latest struct {
	mu      sync.Mutex
	value   []byte
	changed chan struct{} // closed when there is a later value
}

func NewLatest(value []byte) *Latest {
	return &Latest{value: value, changed: make(chan struct{})}
}

// Set sets the value. It waits for nobody.
func (l *Latest) Set(value []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.value = value
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *Latest) get() (value []byte, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.value, l.changed
}

// Serve sends the value whenever it has changed. While the queue of the session
// is full, Send waits, and the values of that time are skipped.
func (l *Latest) Serve(session *ws.Session, stream *ws.MessageStream) {
	if err := stream.RefuseData().Discard(); err != nil {
		return
	}
	for {
		value, changed := l.get()
		if err := session.TextBytes(session.Context(), value); err != nil {
			return
		}
		select {
		case <-changed:
		case <-session.Done():
			return
		}
	}
}

// Prices has small queues, so that what a slow client receives is not old.
var Prices = ws.Upgrader{Options: ws.Options{SendBuffer: 1 << 10}}
