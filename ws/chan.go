package ws

import (
	"context"
	"sync/atomic"
)

// pumpAhead is how many messages a channel holds.
const pumpAhead = 16

// pump moves messages from a stream into a channel.
type pump struct {
	running atomic.Pointer[pumping]
}

type pumping struct {
	out chan Message
	err atomic.Pointer[error]
}

// start returns the channel, and starts the goroutine that fills it when it is
// the first to ask.
func (p *pump) start(m *MessageStream, v view) <-chan Message {
	if run := p.running.Load(); run != nil {
		return run.out
	}
	run := &pumping{out: make(chan Message, pumpAhead)}
	if !p.running.CompareAndSwap(nil, run) {
		return p.running.Load().out
	}
	if m == nil || m.transport == nil { // not from Handle
		run.end(ErrClosed)
		return run.out
	}
	background, err := m.in.lock.tryLock()
	if err != nil {
		run.end(err)
		return run.out
	}
	m.more().channel.Store(run)
	go run.run(m, v, background)
	return run.out
}

// holds reports whether the channel has messages that were not taken.
func (run *pumping) holds() bool { return run != nil && len(run.out) > 0 }

// reason is why the channel was closed, nil before that and at a clean end.
func (p *pump) reason() error {
	run := p.running.Load()
	if run == nil {
		return nil
	}
	if err := run.err.Load(); err != nil {
		return *err
	}
	return nil
}

// run fills the channel until the stream ends. It has the lock, unless background has
// to stop first.
func (run *pumping) run(m *MessageStream, v view, background *lockHolder) {
	if background != nil {
		if _, err := m.in.lock.lockContext(context.Background()); err != nil {
			run.end(err)
			return
		}
	}
	closing := m.session().whenClosing()
	var end error
	l := rangeLoop{stream: m, ctx: context.Background(), view: v, locked: true}
	l.run(func(msg Message, err error) bool {
		if err == nil {
			run.deliver(m.session(), closing, msg.Clone())
			return true
		}
		if err == ErrMessageTooBig { // a channel cannot say so and go on
			_ = m.session().Close(CloseReason{Code: CloseMessageTooBig})
		}
		end = err
		return false
	})
	run.end(end)
}

// end closes the channel, with the reason why if there is one to tell.
func (run *pumping) end(err error) {
	if err != nil {
		run.err.Store(&err)
	}
	close(run.out)
}

// deliver puts the message into the channel, waiting for room until the session
// closes.
func (run *pumping) deliver(s *Session, closing <-chan struct{}, msg Message) {
	select {
	case run.out <- msg:
		return
	default:
	}
	select {
	case run.out <- msg:
	case <-closing:
	case <-s.Done():
	}
}
