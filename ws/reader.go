package ws

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/internal/message"
	"github.com/handset-go/handset/internal/transport"
)

// reader is what a connection is read with. The holder of the lock may use the other
// fields.
type reader struct {
	lock    readLock
	input   *input                      // nil while it has no state
	context atomic.Pointer[readContext] // the latest one that can be cancelled
}

// input is the state of a stream that has received part of a message, or has failed.
// It is pooled: a stream that waits between two messages has none.
type input struct {
	message.Reader
	err          error // the error of all receives from now on
	closePending bool  // the Close frame was read in the background and has not been delivered
	closeHandled bool  // the Close frame was found by PeekClose; closeReceived was called
}

var inputs = sync.Pool{New: func() any { return new(input) }}

// release frees the buffer if it is empty, and the input if it has no state.
func (r *reader) release() {
	switch in := r.input; {
	case in == nil:
	case in.err != nil || in.closePending || !in.Idle():
		in.Reader.Release()
	default: // the buffer stays with the input: the next read needs both
		in.Reset()
		inputs.Put(in)
		r.input = nil
	}
}

// detach keeps the Data of the last message valid while the stream is read in the
// background: the stream uses other buffers from then on.
func (r *reader) detach() {
	if r.input != nil {
		r.input.Detach()
	}
}

// readLock ensures that a stream has one reader at a time: the application, or a
// background reader, which is a goroutine of the library.
type readLock struct{ holder atomic.Pointer[lockHolder] }

// lockHolder is the holder of a readLock. Its fields are used for background readers.
type lockHolder struct {
	before *lockHolder     // the holder before and after this one
	ctx    context.Context // cancelled to interrupt the reader
	stop   context.CancelFunc
	state  atomic.Uint32
	left   atomic.Bool   // the application may not receive again
	done   chan struct{} // closed after unlocking
}

// application is the holder while the application receives. loopBody takes its place
// while the body of a loop over All runs.
var application, loopBody = new(lockHolder), new(lockHolder)

// The states of a background reader. Its state is 0 at first.
const (
	interrupted = 1 + iota // its context has been cancelled
	discarding             // it discards all input and can no longer be interrupted
	restarted              // the receive that interrupted it has returned and starts another background reader
)

// lockContext locks for the application. It interrupts a background reader, as tryLock does,
// and waits until that has stopped. If ctx ends first, lockContext returns its error and, to
// the first such caller only, the background reader, after which the caller must
// start another.
func (l *readLock) lockContext(ctx context.Context) (stopping *lockHolder, err error) {
	if ctx == nil {
		return nil, errNilContext
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for {
		background, err := l.tryLock()
		if background == nil {
			return nil, err
		}
		select {
		case <-background.done:
		case <-ctx.Done():
			if background.state.CompareAndSwap(interrupted, restarted) {
				return background, ctx.Err()
			}
			return nil, ctx.Err()
		}
	}
}

// lockIfFree locks for the application if nobody holds the lock.
func (l *readLock) lockIfFree() bool { return l.holder.CompareAndSwap(nil, application) }

// tryLock locks for the application without waiting. If a background reader holds the
// lock, tryLock interrupts and returns it: the caller may try again when its channel
// done is closed. One that reads while the body of a loop runs is not interrupted: the loop
// is the reader.
func (l *readLock) tryLock() (background *lockHolder, err error) {
	for !l.lockIfFree() {
		switch h := l.holder.Load(); {
		case h == nil: // it has just been unlocked
		case h == application, h == loopBody, h.before == loopBody:
			return nil, ErrConcurrentRecv
		default:
			h.interrupt()
			return h, nil
		}
	}
	return nil, nil
}

// unlock unlocks for the application.
func (l *readLock) unlock() {
	if !l.holder.CompareAndSwap(application, nil) {
		l.endBody() // which has ended the loop, or panicked
		l.holder.Store(nil)
	}
}

// beginBody allows a background reader to lock while the body of a loop runs. endBody
// interrupts it and takes the lock back.
func (l *readLock) beginBody() { l.holder.Store(loopBody) }

func (l *readLock) endBody() {
	for !l.holder.CompareAndSwap(loopBody, application) {
		switch h := l.holder.Load(); h {
		case application: // the body did not run
			return
		case loopBody: // it has just been unlocked
		default:
			h.interrupt()
			<-h.done
		}
	}
}

// tryLockBackground locks for a background reader, which it returns, or returns nil
// if the stream has a reader.
func (l *readLock) tryLockBackground() *lockHolder {
	h := &lockHolder{done: make(chan struct{})}
	h.ctx, h.stop = context.WithCancel(context.Background())
	for _, h.before = range []*lockHolder{nil, loopBody} {
		if l.holder.CompareAndSwap(h.before, h) {
			return h
		}
	}
	h.stop()
	return nil
}

// leave tells the background reader that holds the lock that the application may not receive
// again. It returns false if nobody holds the lock any more: then that reader may not have
// noticed.
func (l *readLock) leave() bool {
	h := l.holder.Load()
	switch {
	case h == nil:
		return false
	case h == application, h == loopBody, h.before == loopBody:
		return true
	}
	h.left.Store(true)
	return l.holder.Load() == h
}

// unlockBackground unlocks for a background reader.
func (l *readLock) unlockBackground(h *lockHolder) {
	h.stop()
	l.holder.Store(h.before)
	close(h.done)
}

// interrupt cancels the context of a background reader, unless it discards all input.
func (h *lockHolder) interrupt() {
	if h.state.CompareAndSwap(0, interrupted) {
		h.stop()
	}
}

// discards prevents that a background reader is interrupted. It returns false if it
// has already been interrupted.
func (h *lockHolder) discards() bool { return h.state.CompareAndSwap(0, discarding) }

// readContext interrupts a read when a context ends. It is kept from one receive to
// the next as long as their contexts have the same Done channel, so that a loop over
// Recv creates it once.
type readContext struct {
	done <-chan struct{} // of the context
	stop func() bool

	mu    sync.Mutex
	over  bool // clearContext was called
	fired bool // the context has ended before that, and the read deadline is still set
}

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// setContext makes the end of ctx interrupt the following reads of conn, instead of
// the end of another context. It reports whether ctx is a new one that can end.
func (r *reader) setContext(ctx context.Context, conn transport.Conn) bool {
	c := r.context.Load()
	if c == nil && ctx.Done() == nil {
		return false
	}
	if c != nil && c.done == ctx.Done() {
		return false
	}
	r.clearContext(conn)
	if ctx.Done() == nil {
		return false
	}
	c = &readContext{done: ctx.Done()}
	// ctx must reference the transport only, not the session, so that an abandoned
	// session can be found.
	c.stop = context.AfterFunc(ctx, func() { c.fire(conn) })
	r.context.Store(c)
	return true
}

func (c *readContext) fire(conn transport.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.over {
		c.fired = true
		_ = conn.SetReadDeadline(longAgo)
	}
}

// clearContext removes the context that setContext has set. When it has returned, that
// context interrupts nothing any more, also if another goroutine is removing it.
func (r *reader) clearContext(conn transport.Conn) {
	c := r.context.Load()
	if c == nil {
		return
	}
	c.stop()
	c.clear(conn)
	r.context.CompareAndSwap(c, nil) // only now: a nil context is one that interrupts nothing
}

func (c *readContext) clear(conn transport.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	if c.fired {
		c.fired = false
		_ = conn.SetReadDeadline(time.Time{})
	}
}

// readerFlags is the state of the reader that others need. Only the reader writes it.
// The upper half is the coarse time at which bytes last arrived, the lower half are
// flags.
type readerFlags struct{ word atomic.Uint64 }

const (
	hasMore    = 1 << iota // the stream holds frames that have not been received yet
	lastTooBig             // the last receive returned ErrMessageTooBig
	isWaiting              // the reader waits for bytes
)

// arrivedShift is the position of the time.
const arrivedShift = 32

func (f *readerFlags) has(bit uint64) bool { return f.word.Load()&bit != 0 }

// set stores only changes, because every send reads the word.
func (f *readerFlags) set(bit uint64, on bool) {
	before := f.word.Load()
	after := before &^ bit
	if on {
		after |= bit
	}
	if after != before {
		f.word.Store(after)
	}
}

// wait records that the reader waits for the network and the stream holds no frame.
func (f *readerFlags) wait() { f.word.Store(f.word.Load()&^hasMore | isWaiting) }

// arrive records that bytes have arrived, which ends the wait.
func (f *readerFlags) arrive() {
	bits := uint32(f.word.Load()) &^ isWaiting
	f.word.Store(uint64(coarse())<<arrivedShift | uint64(bits))
}

// last returns when bytes last arrived, and whether the reader waits.
func (f *readerFlags) last() (at uint32, waiting bool) {
	w := f.word.Load()
	return uint32(w >> arrivedShift), w&isWaiting != 0
}
