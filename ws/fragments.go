package ws

import (
	"sync"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/outbox"
)

// fragments checks what Session.Continuation sends. Several goroutines may each
// send a message of their own: the outbox has all but one of them wait with their
// first fragment. The lock is held while a fragment is checked, not while it waits
// to be queued. The zero value is ready to use.
type fragments struct {
	mu      sync.Mutex
	state   frame.Fragments // of the message that was begun last
	message uint32          // the number of that message
	sending bool            // a fragment that continues it is being queued
}

// checkedFragment is a fragment between check and done.
type checkedFragment struct {
	after   frame.Fragments // the state of its message when it has been queued
	message uint32          // the message that it continues
	first   bool
}

// check checks a fragment before it is queued. Unless it returns an error, done
// must be called afterwards.
//
// A message is continued by one fragment at a time. Otherwise a fragment might be
// queued behind the last one, or the text be checked in another order than it is
// sent in.
func (m *fragments) check(f *outbox.Frame) (c checkedFragment, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c.message, c.first = m.message, f.Opcode != frame.Continuation
	if !c.first && m.sending {
		return c, errConcurrentFragment
	}
	if c.after, err = m.state.Next(f.Opcode, f.Fin, f.Data); err != nil {
		return c, err
	}
	m.sending = m.sending || !c.first
	return c, nil
}

// done notes whether the fragment was queued. The last fragment of one message may
// let the first of another be queued, whose goroutine may get here before.
func (m *fragments) done(c checkedFragment, queued bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case c.first && queued:
		m.state, m.sending = c.after, false
		m.message++
	case c.first || c.message != m.message:
	default:
		m.sending = false
		if queued {
			m.state = c.after
		}
	}
}
