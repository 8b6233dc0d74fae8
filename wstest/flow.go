package wstest

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// flowSize is the size of the buffer of a direction, in bytes. As with a socket, a
// test may write and then read in the same goroutine.
const flowSize = 64 << 10

// flow is one direction of a connection. Reads and writes wait on a sync.Cond,
// which durably blocks a goroutine of a synctest bubble.
type flow struct {
	counted func(n int) (allowed int, reached []func()) // counts what is read, see Network.After

	mu          sync.Mutex
	changed     sync.Cond
	buffered    []byte // what is written and not read
	arrivals    arrivals
	isWritten   bool // by a write that waits for space, so that writes do not interleave
	writeClosed bool // the reader gets what is buffered, then io.EOF
	readClosed  bool // nothing is buffered any more
	reading     deadline
	writing     deadline
	arriving    deadline // of what is next to arrive

	// What a Network does to the flow.
	stalled bool
	dropped bool // what is written is discarded
	cut     bool // as dropped, but the reader gets io.EOF
	reset   bool
}

func newFlow(c conditions, id uint64, counted func(int) (int, []func())) *flow {
	f := &flow{counted: counted, stalled: c.stalled, arrivals: arrivals{id: id, latency: c.latency, rate: c.rate}}
	f.changed.L = &f.mu
	if c.split {
		f.arrivals.splitBy(c.seed)
	}
	return f
}

// read reads what has arrived. It calls the functions of Network.After with the lock
// released, since they may change the flow.
func (f *flow) read(p []byte) (int, error) {
	n, reached, err := f.take(p)
	for _, call := range reached {
		call()
	}
	return n, err
}

func (f *flow) take(p []byte) (n int, reached []func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		f.arrivals.update()
		switch {
		case f.readClosed:
			return 0, nil, net.ErrClosed
		case f.reset:
			return 0, nil, errReset("read")
		case f.reading.passed():
			return 0, nil, os.ErrDeadlineExceeded
		case len(p) == 0:
			return 0, nil, nil
		case f.stalled || f.dropped:
		case f.arrivals.ready > 0:
			n, reached = f.removeLocked(p)
			return n, reached, nil
		case f.arrivals.ended:
			return 0, nil, io.EOF
		case len(f.arrivals.coming) > 0 && f.arriving.at != f.arrivals.coming[0].at:
			f.arriving.set(f, f.arrivals.coming[0].at)
			continue // it may have passed by now
		}
		f.changed.Wait()
	}
}

// removeLocked moves bytes that have arrived to p.
func (f *flow) removeLocked(p []byte) (n int, reached []func()) {
	n, reached = f.counted(min(len(p), f.arrivals.readable()))
	copy(p, f.buffered[:n])
	f.buffered = f.buffered[n:]
	f.arrivals.read(n)
	f.changed.Broadcast()
	return n, reached
}

func (f *flow) write(p []byte) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	mine := false
	defer func() {
		if mine {
			f.isWritten = false
			f.changed.Broadcast()
		}
	}()
	for {
		switch {
		case f.writeClosed:
			return n, net.ErrClosed
		case f.reset:
			return n, errReset("write")
		case f.dropped || f.cut:
			return len(p), nil
		case f.readClosed && !f.stalled:
			return n, io.ErrClosedPipe
		case f.writing.passed():
			return n, os.ErrDeadlineExceeded
		case mine || !f.isWritten:
			if n += f.addLocked(p[n:]); n == len(p) {
				return n, nil
			}
			mine, f.isWritten = true, true
		}
		f.changed.Wait()
	}
}

// addLocked buffers what there is space for.
func (f *flow) addLocked(p []byte) (n int) {
	if n = min(len(p), flowSize-len(f.buffered)); n > 0 {
		f.buffered = append(f.buffered, p[:n]...)
		f.arrivals.add(n)
		f.changed.Broadcast()
	}
	return n
}

// change calls a function that changes the flow, with f.mu held, and wakes the
// goroutines that wait.
func (f *flow) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
	f.changed.Broadcast()
}

// closeWrite ends the direction for the writer.
func (f *flow) closeWrite() {
	f.change(func() {
		if !f.writeClosed && !f.cut {
			f.arrivals.end()
		}
		f.writeClosed = true
		f.writing.set(f, time.Time{})
	})
}

// closeRead ends the direction for the reader.
func (f *flow) closeRead() {
	f.change(func() {
		f.readClosed = true
		f.discardLocked()
		f.reading.set(f, time.Time{})
	})
}

// drop loses what is in the flow, and what will be written.
func (f *flow) drop() { f.change(func() { f.dropped = true; f.discardLocked() }) }

// cutOff ends the direction for the reader. The writer does not notice it.
func (f *flow) cutOff() {
	f.change(func() {
		if !f.writeClosed && !f.cut {
			f.arrivals.end()
		}
		f.cut = true
	})
}

// breakOff makes reads and writes fail, unless the reset cannot arrive.
func (f *flow) breakOff() {
	f.change(func() {
		if !f.dropped {
			f.reset = true
			f.discardLocked()
		}
	})
}

// discardLocked removes what is in the flow.
func (f *flow) discardLocked() {
	f.buffered = nil
	f.arrivals.discard()
	f.arriving.set(f, time.Time{})
}

// over reports whether both ends are closed.
func (f *flow) over() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.readClosed && f.writeClosed
}

// closedRead reports whether the reader has closed its end.
func (f *flow) closedRead() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.readClosed
}

// awaitClosedRead waits until the reader has closed its end, or a reset.
func (f *flow) awaitClosedRead() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for !f.readClosed && !f.reset {
		f.changed.Wait()
	}
}

// setDeadline sets a deadline of the flow: d is &f.reading or &f.writing.
func (f *flow) setDeadline(d *deadline, t time.Time) error {
	f.change(func() { d.set(f, t) })
	return nil
}

// errReset is the error of a connection over TCP that was reset.
func errReset(op string) error {
	return &net.OpError{Op: op, Net: "tcp", Err: os.NewSyscallError(op, syscall.ECONNRESET)}
}
