package ws

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/internal/message"
	"github.com/handset-go/handset/internal/transport"
)

// reader is what a connection is read with. Whoever has its lock may use the rest.
type reader struct {
	lock    readLock
	input   *input                      // nil while there is nothing to remember
	context atomic.Pointer[readContext] // the last one that could end
}

// input is where reads go to, and what becomes of them. It is pooled: a stream that
// waits between two messages has none.
type input struct {
	message.Reader
	err      error // what every receive returns from now on
	late     bool  // the Close frame has been read in the background, and is to be delivered
	foreseen bool  // the Close frame that is going to be read has been dealt with
}

var inputs = sync.Pool{New: func() any { return new(input) }}

// release gives back what holds nothing, and if that is all, the input.
func (r *reader) release() {
	switch in := r.input; {
	case in == nil:
	case in.err != nil || in.late || !in.Idle():
		in.Reader.Release()
	default: // its buffer stays with it: whoever reads next needs both
		in.Reset()
		inputs.Put(in)
		r.input = nil
	}
}

// detach leaves to the application what it received last, which is otherwise valid
// until it receives again: the stream goes on in other buffers.
func (r *reader) detach() {
	if r.input != nil {
		r.input.Detach()
	}
}

// readLock is the right to read a stream, which one reader has at a time: the
// application, or a goroutine that reads in the background.
type readLock struct{ holder atomic.Pointer[lockHolder] }

// lockHolder is who has a readLock. All of its fields are for a background reader.
type lockHolder struct {
	before *lockHolder     // who had the lock before and has it after
	ctx    context.Context // until it is to stop
	stop   context.CancelFunc
	state  atomic.Uint32
	done   chan struct{} // closed when it has unlocked
}

// application is the holder that reads for the application, and loopBody the same
// one while the body of its loop over All runs.
var application, loopBody = new(lockHolder), new(lockHolder)

// The states of a background reader, which begins with none of them.
const (
	interrupted = 1 + iota // it was told to stop
	discarding             // it discards what arrives, and does not stop any more
	deserted               // who told it to stop has left, and has another one begin
)

// lockContext locks for the application. A background reader is told to stop, and
// waited for. If ctx ends first, that stops for nobody, and is returned to the first
// who leaves it.
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
			if background.state.CompareAndSwap(interrupted, deserted) {
				return background, ctx.Err()
			}
			return nil, ctx.Err()
		}
	}
}

// tryLock locks for the application without waiting. If a background reader has the
// lock, it is told to stop and returned: its done tells when to try again.
func (l *readLock) tryLock() (background *lockHolder, err error) {
	for !l.holder.CompareAndSwap(nil, application) {
		switch h := l.holder.Load(); {
		case h == nil: // unlocked in this moment
		case h == application, h == loopBody:
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

// beginBody lets a background reader have the lock while the body of a loop runs,
// and endBody takes it back.
func (l *readLock) beginBody() { l.holder.Store(loopBody) }

func (l *readLock) endBody() {
	for !l.holder.CompareAndSwap(loopBody, application) {
		switch h := l.holder.Load(); h {
		case application: // the body did not run
			return
		case loopBody: // unlocked in this moment
		default:
			h.interrupt()
			<-h.done
		}
	}
}

// tryLockBackground locks for a background reader, and returns it. It returns nil if
// somebody is reading.
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

// unlockBackground unlocks for a background reader.
func (l *readLock) unlockBackground(h *lockHolder) {
	h.stop()
	l.holder.Store(h.before)
	close(h.done)
}

// interrupt tells a background reader to stop.
func (h *lockHolder) interrupt() {
	if h.state.CompareAndSwap(0, interrupted) {
		h.stop()
	}
}

// discards has a background reader not be told to stop any more, and reports false
// if it was before.
func (h *lockHolder) discards() bool { return h.state.CompareAndSwap(0, discarding) }

// readContext makes the end of a context the end of a read that waits. It stays in
// place from one receive to the next, for as long as their contexts end together,
// so that a loop over Recv sets it up once.
type readContext struct {
	done <-chan struct{} // of the context
	stop func() bool

	mu    sync.Mutex
	over  bool // it does not count any more
	fired bool // the context has ended first
}

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// setContext has ctx end the reads of conn that follow, in place of another one. It
// reports whether that is new.
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
	// Of the connection only this is referred to for as long as ctx lasts: a session
	// must be found abandoned.
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

// clearContext undoes setContext.
func (r *reader) clearContext(conn transport.Conn) {
	c := r.context.Swap(nil)
	if c == nil {
		return
	}
	c.stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	if c.fired {
		_ = conn.SetReadDeadline(time.Time{})
	}
}

// readerFlags is what others must know of the reader, who alone sets it: some bits,
// and when bytes last arrived, in coarse time, above them.
type readerFlags struct{ word atomic.Uint64 }

const (
	hasMore    = 1 << iota // the stream holds frames that were not received yet
	lastTooBig             // the last thing received was ErrMessageTooBig
	isWaiting              // the reader waits for bytes
)

// arrivedShift is where the time stands.
const arrivedShift = 32

func (f *readerFlags) has(bit uint64) bool { return f.word.Load()&bit != 0 }

// set stores only what has changed: the sending half reads it all the time.
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

// wait notes that the reader waits, and so holds nothing.
func (f *readerFlags) wait() { f.word.Store(f.word.Load()&^hasMore | isWaiting) }

// arrive notes that bytes have arrived, which ends a wait.
func (f *readerFlags) arrive() {
	bits := uint32(f.word.Load()) &^ isWaiting
	f.word.Store(uint64(coarse())<<arrivedShift | uint64(bits))
}

// last is when bytes last arrived, and whether the reader waits for more.
func (f *readerFlags) last() (at uint32, waiting bool) {
	w := f.word.Load()
	return uint32(w >> arrivedShift), w&isWaiting != 0
}
