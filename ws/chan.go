package ws

import (
	"bytes"
	"context"
	"io"
	"sync/atomic"
)

// Chan returns a channel of the messages. It returns the same channel each time
// and does not block. Each message owns its Data. A goroutine reads ahead by up
// to 17 messages. The channel is closed when the stream ends, or at once if the
// stream has another reader; Err then returns the error.
//
// The peer's Close frame is answered as soon as its message is in the channel.
// Use Recv or All to answer it with another reason. After Session.Close or the
// end of the session, messages that do not fit into the channel are dropped, so
// that the goroutine ends with the session. The goroutine references the
// session: it does not end with ErrAbandoned, even if nothing receives from the
// channel, but when its peer closes it or is found gone by the heartbeat.
// Trace.Unread reports it.
func (m *MessageStream) Chan() <-chan Message { return m.channel(&m.more().channel, m) }

// channel returns the channel of c. The first call makes it and starts the goroutine
// that fills it.
func (m *MessageStream) channel(c *atomic.Pointer[messageChannel], v view) <-chan Message {
	if ch := c.Load(); ch != nil {
		return ch.messages
	}
	ch := &messageChannel{messages: make(chan Message, channelSize)}
	if !c.CompareAndSwap(nil, ch) {
		return c.Load().messages
	}
	if m == nil || m.transport == nil { // not from Handle or Dial
		ch.close(ErrClosed)
		return ch.messages
	}
	background, err := m.in.lock.tryLock()
	if err != nil {
		ch.close(err)
		return ch.messages
	}
	m.more().filled.Store(ch)
	go ch.fill(m, v, background)
	return ch.messages
}

// close closes the channel. err is the reason, or nil after a Close message.
func (ch *messageChannel) close(err error) {
	if err != nil {
		ch.err.Store(&err)
	}
	close(ch.messages)
}

// fill receives messages into the channel until the stream ends. The application
// holds the read lock, unless a background reader, given as background, must stop
// first. fill calls recv directly, not through a range loop, so that its stack stays
// at 2 KiB while it waits.
func (ch *messageChannel) fill(m *MessageStream, v view, background *lockHolder) {
	if background != nil {
		if _, err := m.in.lock.lockContext(context.Background()); err != nil {
			ch.close(err)
			return
		}
	}
	err := m.recv(context.Background(), v)
	for err == nil {
		ch.deliver(m)
		err = m.recv(context.Background(), v)
	}
	if err == ErrMessageTooBig { // a channel cannot report an error and continue
		_ = m.session().Close(CloseReason{Code: CloseMessageTooBig})
	}
	m.unlock(true)
	if err == io.EOF {
		err = nil
	}
	ch.close(err)
}

// deliver copies the message that was received into the channel. It waits while the
// channel is full, until the session closes.
func (ch *messageChannel) deliver(m *MessageStream) {
	var msg Message
	msg.set(&m.in.input.Event)
	msg.Data = bytes.Clone(msg.Data)
	select {
	case ch.messages <- msg:
	default:
		ch.deliverWaiting(m.session(), msg)
	}
}

// deliverWaiting delivers a message while the channel is full. It is separate because
// only then does the session need the channel of whenClosing.
//
//go:noinline
func (ch *messageChannel) deliverWaiting(s *Session, msg Message) {
	select {
	case ch.messages <- msg:
	case <-s.whenClosing():
	}
}
