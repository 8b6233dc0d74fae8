package ws

import (
	"context"
	"sync/atomic"
)

// turn is the right to read a stream: one reader has it at a time.
type turn struct{ of atomic.Pointer[reader] }

// reader is one who has the turn. But for its address, all is finish's.
type reader struct {
	from  *reader         // who had the turn before and has it after
	ctx   context.Context // until it is to stop
	stop  context.CancelFunc
	state atomic.Uint32
	done  chan struct{} // closed when it has given the turn back
}

// application is the reader that is not finish, and loopBody the same one while
// the body of its loop runs.
var application, loopBody = new(reader), new(reader)

// take takes the turn. From finish it is taken over when that has stopped. If ctx
// ends first, finish stops for nobody, and is returned to the first who leaves it.
func (t *turn) take(ctx context.Context) (stopping *reader, err error) {
	if ctx == nil {
		return nil, errNilContext
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for {
		finish, err := t.try()
		if finish == nil {
			return nil, err
		}
		select {
		case <-finish.done:
		case <-ctx.Done():
			if finish.state.CompareAndSwap(interrupted, deserted) {
				return finish, ctx.Err()
			}
			return nil, ctx.Err()
		}
	}
}

// take takes the turn for the application. When the session has ended, ctx
// does not matter: what has arrived is still received, and then why the session
// has ended, without any waiting.
func (m *MessageStream) take(ctx context.Context) error {
	if m == nil || m.transport == nil { // not from Handle
		return ErrClosed
	}
	stopping, err := m.turn.take(ctx)
	if err == nil || ctx == nil || err == ErrConcurrentRecv {
		return err
	}
	if m.session().ended() == nil {
		if stopping != nil {
			go m.finishAfter(stopping)
		}
		return err
	}
	_, err = m.turn.take(context.Background())
	return err
}

// finishAfter has the peer's Close frame be read for, unless somebody is reading,
// when finish has stopped for a reader that did not wait for that.
func (m *MessageStream) finishAfter(r *reader) {
	<-r.done
	m.finishFor(readerLeft)
}

// try takes the turn without waiting. When finish has it, it is told to stop and
// returned: its done tells when to try again.
func (t *turn) try() (finish *reader, err error) {
	for !t.of.CompareAndSwap(nil, application) {
		switch r := t.of.Load(); {
		case r == nil: // given back in this moment
		case r == application, r == loopBody:
			return nil, ErrConcurrentRecv
		default:
			r.interrupt()
			return r, nil
		}
	}
	return nil, nil
}

// leave lets finish have the turn while the body of a loop runs, and resume takes
// it back.
func (t *turn) leave() { t.of.Store(loopBody) }

func (t *turn) resume() {
	for !t.of.CompareAndSwap(loopBody, application) {
		switch r := t.of.Load(); r {
		case application: // the loop's body did not run
			return
		case loopBody: // given back in this moment
		default:
			r.interrupt()
			<-r.done
		}
	}
}

// give gives the application's turn back.
func (t *turn) give() {
	if !t.of.CompareAndSwap(application, nil) {
		t.resume() // the body of the loop has panicked
		t.of.Store(nil)
	}
}

// finishes takes the turn for finish, unless somebody is reading, for whom nil is
// returned.
func (t *turn) finishes() *reader {
	r := &reader{done: make(chan struct{})}
	r.ctx, r.stop = context.WithCancel(context.Background())
	for _, r.from = range []*reader{nil, loopBody} {
		if t.of.CompareAndSwap(r.from, r) {
			return r
		}
	}
	r.stop()
	return nil
}

// giveBack gives the turn of finish back.
func (t *turn) giveBack(r *reader) {
	r.stop()
	t.of.Store(r.from)
	close(r.done)
}

const (
	interrupted = 1 + iota // finish has been told to stop
	dropping               // finish drops what arrives, and goes on
	deserted               // who told finish to stop has left, and has another one begin
)

// interrupt tells finish to stop.
func (r *reader) interrupt() {
	if r.state.CompareAndSwap(0, interrupted) {
		r.stop()
	}
}

// dropsNow has finish not be told to stop any more, unless it was before.
func (r *reader) dropsNow() bool { return r.state.CompareAndSwap(0, dropping) }
