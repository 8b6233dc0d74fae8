package nats

import (
	"sync"
	"sync/atomic"

	natsgo "github.com/nats-io/nats.go"
)

// A connection is a nats.Conn as both brokers use it. The program's own callbacks of the
// nats.Conn stay as they are: the status is observed by a channel.
//
// Most methods of nats.Conn lock a mutex that is held while bytes are written and
// while a server is dialed, which can take a minute. They are therefore called
// by goroutines that nobody has to wait for, except when little has been sent
// that is not confirmed: then the operating system has space for it.
type connection struct {
	*natsgo.Conn
	status  chan natsgo.Status
	outbox  chan *outgoing
	sending sync.RWMutex  // locked by the goroutine that sends, for reading by those that send directly
	closing chan struct{} // closed by close
	tasks   sync.WaitGroup
	returns func() // called when a connection has come back
	ended   func() // called when the connection has been closed

	mu   sync.Mutex
	up   bool
	lost chan struct{} // closed when the connection is lost; replaced when it comes back

	unconfirmed  atomic.Int64 // bytes of messages that were sent and not confirmed
	stuck        atomic.Bool  // the last confirmation has not come in time
	confirmation confirmation
}

// open begins to use a connection.
func open(conn *natsgo.Conn, returns, ended func()) *connection {
	c := &connection{
		Conn:    conn,
		status:  conn.StatusChanged(natsgo.CONNECTED, natsgo.RECONNECTING, natsgo.DISCONNECTED, natsgo.CLOSED),
		outbox:  make(chan *outgoing, 64),
		closing: make(chan struct{}),
		returns: returns,
		ended:   ended,
		lost:    make(chan struct{}),
		up:      conn.IsConnected(), // changes since StatusChanged are in the channel
	}
	c.tasks.Go(c.observe)
	c.tasks.Go(c.sendAll)
	return c
}

// close ends the use of a connection, which stays open.
func (c *connection) close() {
	c.mu.Lock()
	select {
	case <-c.closing:
	default:
		close(c.closing)
	}
	c.mu.Unlock()
	c.RemoveStatusListener(c.status)
	c.tasks.Wait()
}

// run runs f in a goroutine that close waits for, unless it has been called.
func (c *connection) run(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isClosing() {
		go f()
		return
	}
	c.tasks.Go(f)
}

// unsubscribe ends a subscription, without waiting for the nats.Conn.
func (c *connection) unsubscribe(sub *natsgo.Subscription) {
	c.run(func() { _ = sub.Unsubscribe() })
}

// observe follows the status of the connection. It never waits, so that no status is
// dropped.
func (c *connection) observe() {
	for status := range c.status {
		switch status {
		case natsgo.CONNECTED:
			c.setUp(true)
			go c.returns()
		case natsgo.CLOSED:
			c.setUp(false)
			go c.ended()
		default:
			c.setUp(false)
		}
	}
}

func (c *connection) setUp(up bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case up && !c.up:
		c.lost = make(chan struct{})
	case !up && c.up:
		close(c.lost)
	}
	c.up = up
}

// state reports whether there is a connection, and returns a channel that is closed when
// it is lost.
func (c *connection) state() (lost <-chan struct{}, up bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lost, c.up
}

// isClosing reports whether close has been called.
func (c *connection) isClosing() bool {
	select {
	case <-c.closing:
		return true
	default:
		return false
	}
}
