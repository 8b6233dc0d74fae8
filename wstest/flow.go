package wstest

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// flowSize is how much may be under way in one direction, as in a socket's
// buffers: a test may write and then read in the same goroutine.
const flowSize = 64 << 10

// flow is one direction of a connection. Everybody waits on a sync.Cond, which
// a synctest bubble knows how to wait for.
type flow struct {
	mu       sync.Mutex
	changed  sync.Cond
	underWay []byte
	ended    bool // by the writer: the reader gets what is under way, then io.EOF
	gone     bool // the reader is: nothing is kept any more
	reading  deadline
	writing  deadline
}

func newFlow() *flow {
	f := new(flow)
	f.changed.L = &f.mu
	return f
}

func (f *flow) read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		switch {
		case f.gone:
			return 0, net.ErrClosed
		case f.reading.passed():
			return 0, os.ErrDeadlineExceeded
		case len(f.underWay) > 0 || len(p) == 0:
			n := copy(p, f.underWay)
			f.underWay = f.underWay[:copy(f.underWay, f.underWay[n:])]
			f.changed.Broadcast()
			return n, nil
		case f.ended:
			return 0, io.EOF
		}
		f.changed.Wait()
	}
}

func (f *flow) write(p []byte) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		switch {
		case f.ended:
			return n, net.ErrClosed
		case f.gone:
			return n, io.ErrClosedPipe
		case f.writing.passed():
			return n, os.ErrDeadlineExceeded
		}
		k := min(len(p)-n, flowSize-len(f.underWay))
		f.underWay = append(f.underWay, p[n:n+k]...)
		f.changed.Broadcast()
		if n += k; n == len(p) {
			return n, nil
		}
		f.changed.Wait()
	}
}

// end is the writer's goodbye.
func (f *flow) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = true
	f.writing.set(f, time.Time{})
	f.changed.Broadcast()
}

// leave is the reader's.
func (f *flow) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone, f.underWay = true, nil
	f.reading.set(f, time.Time{})
	f.changed.Broadcast()
}

// setDeadline sets one of the flow's own two.
func (f *flow) setDeadline(d *deadline, t time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	d.set(f, t)
	f.changed.Broadcast()
	return nil
}

// deadline is when waiting ends; the zero time is never.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

// set wakes those who wait in f when the time comes.
func (d *deadline) set(f *flow, t time.Time) {
	if d.timer != nil {
		d.timer.Stop()
	}
	d.at, d.timer = t, nil
	if wait := time.Until(t); wait > 0 {
		d.timer = time.AfterFunc(wait, func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.changed.Broadcast()
		})
	}
}
