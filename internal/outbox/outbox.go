// Package outbox is the outgoing half of a connection: a bounded queue of
// frames and the rules by which they leave. A frame is queued whole or not at
// all; whoever queues one either writes it, without waiting, or joins the write
// that is under way. Only a writer in the background ever waits for the peer.
//
// At any time at most one goroutine has the right to write. It is taken under
// the lock, by setting writing, and handed from the sender that wrote first to
// the background writer if the peer does not keep up.
package outbox

import (
	"errors"
	"sync"
	"time"

	"github.com/handset-go/handset/internal/buffer"
	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/link"
)

var (
	// ErrFull answers a Put that may not wait.
	ErrFull = errors.New("outbox: frame would have to wait")
	// ErrNoMessage answers a continuation frame without a message to continue.
	ErrNoMessage = errors.New("outbox: no fragmented message is open")
)

// gatherLimit is how much may gather before it leaves.
const gatherLimit = 64 << 10

// firstQueue is the room a queue begins with: it is held only until written.
const firstQueue = 4 << 10

// Host is the session that owns an Outbox. Its methods are called without any
// lock held.
type Host interface {
	// StartWriter must call Run in a goroutine of its own.
	StartWriter()
	// StartTimer must call Flush about a millisecond later.
	StartTimer()
	// WriteFailed says that a write failed and that nothing will leave again.
	WriteFailed(error)
	// Drained says that the final frame has been written.
	Drained()
}

// Outbox is the outgoing half of a connection. Init makes it ready; after that
// all methods are safe for any goroutine.
type Outbox struct {
	conn  link.Conn
	host  Host
	limit int

	mu        sync.Mutex
	queue     *buffer.Buffer // frames that no write has taken up
	out       *buffer.Buffer // frames being written, touched by the writer alone
	written   int            // how much of out has left
	direct    int            // bytes being written from where the sender has them
	writing   bool           // somebody has the right to write
	inRow     uint8          // writes by senders in close succession
	timed     bool           // StartTimer was called and Flush has not come yet
	final     bool           // the last frame of all is queued or has left
	aborted   bool           // nothing leaves any more
	lastWrite time.Duration  // when a sender last wrote, since epoch
	refusal   error          // the answer to every Put from now on

	open    *Owner     // whose fragmented message is open, nil for none
	text    bool       // the open message is text
	utf8    frame.UTF8 // how far its text has been checked
	waiters []*waiter  // frames that wait for room or for the open message's end
	pong    []byte     // the payload of a Pong that found no room
}

// Init gives an Outbox its connection, its owner and the bytes it may queue.
func (o *Outbox) Init(conn link.Conn, host Host, limit int) {
	o.conn, o.host, o.limit = conn, host, limit
}

// Buffered is how many bytes are queued and not yet taken by the transport.
func (o *Outbox) Buffered() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffered()
}

func (o *Outbox) buffered() int {
	n := o.direct
	if o.out != nil {
		n += len(o.out.Bytes) - o.written
	}
	if o.queue != nil {
		n += len(o.queue.Bytes)
	}
	return n
}

// Refuse answers every Put from now on, and those that wait, with err. What is
// queued still leaves.
func (o *Outbox) Refuse(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refuse(err)
}

func (o *Outbox) refuse(err error) {
	if o.refusal == nil {
		o.refusal = err
	}
	for _, w := range o.waiters {
		w.finish(o.refusal)
	}
	o.waiters = nil
}

// Abort refuses like Refuse and forgets what is queued. The connection must be
// closed next, which ends a write under way.
func (o *Outbox) Abort(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refuse(err)
	o.aborted = true
	o.queue.Free()
	o.queue, o.pong = nil, nil
	if !o.writing {
		o.freeOut()
	}
}

func (o *Outbox) freeOut() {
	o.out.Free()
	o.out, o.written = nil, 0
}
