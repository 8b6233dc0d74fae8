package simulation

import (
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/handset-go/handset/ws"
)

// flow is one direction of a connection. What is written arrives later, at instants of
// the flow's phase. Where the bytes are split, and when each part arrives, depends on
// their position and on the instant of the write, and not on how many calls of Write
// they came with: the library's goroutines divide them differently from run to run.
type flow struct {
	conditions
	connection *connection
	reverse    *flow
	name       string
	phase      *phase
	random     random
	wire       wire // observes what is written

	mu      sync.Mutex
	changed sync.Cond
	bytes   []byte    // written and not read
	ready   int       // how many of them have arrived
	coming  []segment // those that have not, and the end
	split   int       // bytes until the next split
	busy    time.Time // when the last byte has left, by the rate
	ended   error     // what the reader gets behind the bytes that have arrived: io.EOF or a reset
	held    time.Time // nothing arrives before

	writeClosed bool         // by the writer
	readClosed  bool         // by the reader
	writeReset  bool         // the writer gets an error
	lost        bool         // what is written never arrives
	violated    ws.CloseCode // of the violation that was inserted, 0 for none
	refused     bool         // it was answered with a reset
	writing     deadline
	reading     deadline
	arrival     deadline // of the next segment

	closeArrives time.Time     // when the Close frame arrives, unless the flow is held
	accepted     int64         // bytes
	delivered    int64         // bytes that were read
	lastTaken    time.Time     // when bytes were last accepted
	lastArrive   time.Time     // when bytes were last read
	awaitedAt    time.Time     // when the reader first waited for bytes after that; zero if it has not
	waits        int           // writes that wait
	blockedAt    time.Time     // since when nothing was accepted of the Write that waits; zero if none does
	longest      time.Duration // the longest time that one has waited
	endAt        time.Time     // when the end arrives
	failedAt     time.Time     // when a Write first failed because of a reset
	endsRead     int           // data messages that were read whole
	lastMessage  time.Time     // when the last of them was
	isCut        bool          // by a half-close
	isHarmed     bool          // by another fault
	unfinished   int           // bytes that were accepted of the Write in progress
	blocks       bool          // a Write waits for space
	most         int           // the largest number of bytes that it held
}

func newFlow(l *connection, name string, at *phase, rng random, c conditions) *flow {
	f := &flow{conditions: c, connection: l, name: name, phase: at, random: newRandom(rng.Uint64(), name)}
	f.changed.L = &f.mu
	f.wire = wire{flow: f}
	f.split = f.nextSplit()
	return f
}

func (f *flow) read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		f.arriveLocked()
		switch {
		case f.readClosed:
			return 0, net.ErrClosed
		case f.reading.passed():
			return 0, os.ErrDeadlineExceeded
		case len(p) == 0:
			return 0, nil
		case f.ready > 0:
			n := copy(p, f.bytes[:f.ready])
			f.bytes, f.ready = f.bytes[n:], f.ready-n
			f.delivered += int64(n)
			for ends := f.wire.ends; f.endsRead < len(ends) && ends[f.endsRead] <= f.delivered; f.endsRead++ {
				f.lastMessage = time.Now()
			}
			f.lastArrive, f.awaitedAt = time.Now(), time.Time{}
			f.changed.Broadcast()
			return n, nil
		case f.ended != nil:
			return 0, f.ended
		case len(f.coming) > 0 && !f.arrival.at.Equal(f.dueLocked()):
			f.arrival.set(f, f.dueLocked())
			continue
		}
		if f.awaitedAt.IsZero() {
			f.awaitedAt = time.Now()
		}
		f.changed.Wait()
	}
}

func (f *flow) write(p []byte) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer func() {
		if f.unfinished = 0; err != nil && err != os.ErrDeadlineExceeded {
			f.longest, f.blockedAt = max(f.longest, f.waitsFor(time.Now())), time.Time{}
		}
	}()
	for {
		switch {
		case f.writeClosed:
			return n, net.ErrClosed
		case f.writeReset:
			if f.failedAt.IsZero() {
				f.failedAt = time.Now()
			}
			return n, errReset
		case f.writing.passed():
			return n, os.ErrDeadlineExceeded
		}
		if n += f.acceptLocked(p[n:]); n == len(p) {
			return n, nil
		}
		f.waits++
		f.unfinished, f.blocks = n, true
		if f.blockedAt.IsZero() {
			f.blockedAt = time.Now()
		}
		f.changed.Wait()
		f.blocks = false
	}
}

// acceptLocked takes the bytes for which there is space.
func (f *flow) acceptLocked(p []byte) (n int) {
	n = min(len(p), f.window-len(f.bytes))
	if f.lost || f.readClosed { // nothing is kept
		n = len(p)
	}
	if n <= 0 {
		return 0
	}
	f.wire.observe(p[:n])
	f.accepted += int64(n)
	f.longest = max(f.longest, f.waitsFor(time.Now()))
	f.blockedAt = time.Time{}
	f.lastTaken = time.Now()
	switch {
	case f.lost:
	case f.readClosed: // the peer's end is gone
		if f.strict {
			f.refuseLocked()
		}
	default:
		f.bytes = append(f.bytes, p[:n]...)
		f.most = max(f.most, len(f.bytes))
		f.segmentsLocked(n)
		if f.closeArrives.IsZero() && !f.wire.closed.IsZero() {
			f.closeArrives = f.coming[len(f.coming)-1].at
		}
		f.changed.Broadcast()
	}
	return n
}

// closeWrite ends the direction for the writer.
func (f *flow) closeWrite() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.writeClosed && !f.lost {
		f.endLocked(io.EOF)
	}
	f.writeClosed = true
	f.writing.set(f, time.Time{})
	f.changed.Broadcast()
}

// closeRead ends the direction for the reader. It reports whether there was anything that
// was not read.
func (f *flow) closeRead() (unread bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	unread = len(f.bytes) > 0
	f.readClosed = true
	f.discardLocked(0)
	f.reading.set(f, time.Time{})
	f.changed.Broadcast()
	return unread
}

// discardLocked loses what has not arrived, and all but keep bytes of the rest.
func (f *flow) discardLocked(keep int) {
	f.ready = min(f.ready, keep)
	f.bytes, f.coming = f.bytes[:f.ready], nil
	f.arrival.set(f, time.Time{})
}
