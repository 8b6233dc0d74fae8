package ws

import (
	"context"
	"io"
	"sync/atomic"
)

// pumpAhead is how many messages a channel holds.
const pumpAhead = 16

// pump moves messages from a stream into a channel.
type pump struct {
	running atomic.Pointer[pumping]
}

type pumping struct {
	out  chan Message
	recv receive
	err  atomic.Pointer[error]
}

// start returns the channel, and starts the goroutine that fills it when it is
// the first to ask.
func (p *pump) start(m *MessageStream, recv receive) <-chan Message {
	if run := p.running.Load(); run != nil {
		return run.out
	}
	run := &pumping{out: make(chan Message, pumpAhead), recv: recv}
	if !p.running.CompareAndSwap(nil, run) {
		return p.running.Load().out
	}
	m.pumped(run)
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

// pumped runs the pump if nobody else is reading.
func (m *MessageStream) pumped(run *pumping) {
	if err := m.turn.take(context.Background()); err != nil {
		run.end(err)
		return
	}
	m.channel.Store(run)
	go func() {
		defer m.giveTurn(true)
		run.end(run.run(m.session))
	}()
}

func (run *pumping) end(err error) {
	if err != nil {
		run.err.Store(&err)
	}
	close(run.out)
}

// run returns why it ended.
func (run *pumping) run(s *Session) error {
	closing := s.whenClosing()
	for {
		msg, err := run.recv(context.Background())
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			if err == ErrMessageTooBig { // a channel cannot say so and go on
				_ = s.Close(CloseReason{Code: CloseMessageTooBig})
			}
			return err
		}
		run.deliver(s, closing, msg.Clone())
	}
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
