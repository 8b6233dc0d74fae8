package ws

import (
	"bytes"
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
	drained, err := m.turn.try()
	if err != nil {
		run.end(err)
		return run.out
	}
	m.more().channel.Store(run)
	go run.run(m, v, drained)
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

// run fills the channel until the stream ends. It has the turn, unless drained has
// to stop first. It calls recv itself, not a range loop, so that its stack stays at
// 2 KiB while it waits.
func (run *pumping) run(m *MessageStream, v view, drained *reader) {
	if drained != nil {
		if _, err := m.turn.take(context.Background()); err != nil {
			run.end(err)
			return
		}
	}
	err := m.recv(context.Background(), v)
	for err == nil {
		run.deliver(m)
		err = m.recv(context.Background(), v)
	}
	if err == ErrMessageTooBig { // a channel cannot say so and go on
		_ = m.session().Close(CloseReason{Code: CloseMessageTooBig})
	}
	m.giveTurn(true)
	if err == io.EOF {
		err = nil
	}
	run.end(err)
}

// end closes the channel, with the reason why if there is one to tell.
func (run *pumping) end(err error) {
	if err != nil {
		run.err.Store(&err)
	}
	close(run.out)
}

// deliver puts the message that was received into the channel. It waits for room
// until the session closes.
func (run *pumping) deliver(m *MessageStream) {
	var msg Message
	msg.set(&m.rx.Event)
	msg.Data = bytes.Clone(msg.Data)
	select {
	case run.out <- msg:
	default:
		run.await(m.session(), msg)
	}
}

// await is deliver when the channel is full. Only then does a session need the
// channels that tell of its end.
//
//go:noinline
func (run *pumping) await(s *Session, msg Message) {
	select {
	case run.out <- msg:
	case <-s.whenClosing():
	case <-s.Done():
	}
}
