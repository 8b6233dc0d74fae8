package wstest

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// flowSize is the size of the buffer of a direction, in bytes. As with a socket, a
// test may write and then read in the same goroutine.
const flowSize = 64 << 10

// flow is one direction of a connection. Reads and writes wait on a sync.Cond,
// which durably blocks a goroutine of a synctest bubble.
type flow struct {
	mu          sync.Mutex
	changed     sync.Cond
	buffered    []byte
	writeClosed bool // the reader gets what is buffered, then io.EOF
	readClosed  bool // nothing is buffered any more
	reading     deadline
	writing     deadline
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
		case f.readClosed:
			return 0, net.ErrClosed
		case f.reading.passed():
			return 0, os.ErrDeadlineExceeded
		case len(f.buffered) > 0 || len(p) == 0:
			n := copy(p, f.buffered)
			f.buffered = f.buffered[:copy(f.buffered, f.buffered[n:])]
			f.changed.Broadcast()
			return n, nil
		case f.writeClosed:
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
		case f.writeClosed:
			return n, net.ErrClosed
		case f.readClosed:
			return n, io.ErrClosedPipe
		case f.writing.passed():
			return n, os.ErrDeadlineExceeded
		}
		k := min(len(p)-n, flowSize-len(f.buffered))
		f.buffered = append(f.buffered, p[n:n+k]...)
		f.changed.Broadcast()
		if n += k; n == len(p) {
			return n, nil
		}
		f.changed.Wait()
	}
}

// closeWrite ends the direction for the writer.
func (f *flow) closeWrite() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writeClosed = true
	f.writing.set(f, time.Time{})
	f.changed.Broadcast()
}

// closeRead ends the direction for the reader.
func (f *flow) closeRead() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.readClosed, f.buffered = true, nil
	f.reading.set(f, time.Time{})
	f.changed.Broadcast()
}

// setDeadline sets a deadline of the flow: d is &f.reading or &f.writing.
func (f *flow) setDeadline(d *deadline, t time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	d.set(f, t)
	f.changed.Broadcast()
	return nil
}

// deadline is the time at which waiting ends; the zero time means never.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

// set sets the time and wakes the goroutines that wait in f when it comes.
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
