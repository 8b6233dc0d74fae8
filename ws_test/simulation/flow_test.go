package simulation

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/handset-go/handset/ws"
)

// flow is one direction of a connection. What is written arrives later, at instants of
// the flow's phase. Where the bytes are split, and when each part arrives, depends on
// their position and on the instant of the write, and not on how many calls of Write
// they came with: the library's goroutines divide them differently from run to run.
type flow struct {
	conditions
	link    *link
	reverse *flow
	name    string
	phase   *phase
	random  random
	wire    wire // observes what is written

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
	waits        int           // writes that wait
	blockedAt    time.Time     // since when nothing was accepted of the Write that waits; zero if none does
	longest      time.Duration // the longest time that one has waited
	endAt        time.Time     // when the end arrives
	endsRead     int           // data messages that were read whole
	lastMessage  time.Time     // when the last of them was
	isCut        bool          // by a half-close
	isHarmed     bool          // by another fault
	unfinished   int           // bytes that were accepted of the Write in progress
	blocks       bool          // a Write waits for space
	most         int           // the largest number of bytes that it held
}

// segment is bytes that arrive together, or the end.
type segment struct {
	written, at time.Time
	n           int
	full        bool // a split comes behind it
	end         error
}

func newFlow(l *link, name string, at *phase, rng random, c conditions) *flow {
	f := &flow{conditions: c, link: l, name: name, phase: at, random: newRandom(rng.Uint64(), name)}
	f.changed.L = &f.mu
	f.wire = wire{flow: f}
	f.split = f.nextSplit()
	return f
}

func (f *flow) nextSplit() int {
	most := f.conditions.split
	if f.rate > 0 && (most == 0 || most > f.rate/50+1) {
		most = f.rate/50 + 1
	}
	if most == 0 {
		return 1 << 30
	}
	return 1 + f.random.IntN(most)
}

func (f *flow) read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		f.arrive()
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
			f.lastArrive = time.Now()
			f.changed.Broadcast()
			return n, nil
		case f.ended != nil:
			return 0, f.ended
		case len(f.coming) > 0 && !f.arrival.at.Equal(f.due()):
			f.arrival.set(f, f.due())
			continue
		}
		f.changed.Wait()
	}
}

// due returns when the next segment arrives.
func (f *flow) due() time.Time {
	at := f.coming[0].at
	if at.Before(f.held) {
		at = f.held
	}
	return at
}

// arrive moves what has arrived by now.
func (f *flow) arrive() {
	now := time.Now()
	for len(f.coming) > 0 && !f.due().After(now) {
		s := f.coming[0]
		f.coming = f.coming[1:]
		f.ready += s.n
		if s.end != nil {
			f.ended = s.end
		}
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
			return n, errReset
		case f.writing.passed():
			return n, os.ErrDeadlineExceeded
		}
		if n += f.accept(p[n:]); n == len(p) {
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

// accept takes the bytes for which there is space.
func (f *flow) accept(p []byte) (n int) {
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
			f.refuse()
		}
	default:
		f.bytes = append(f.bytes, p[:n]...)
		f.most = max(f.most, len(f.bytes))
		f.segments(n)
		if f.closeArrives.IsZero() && !f.wire.closed.IsZero() {
			f.closeArrives = f.coming[len(f.coming)-1].at
		}
		f.changed.Broadcast()
	}
	return n
}

// segments schedules the arrival of n bytes that are written now. They arrive with those
// that were written at the same instant, up to the next split.
func (f *flow) segments(n int) {
	now := time.Now()
	for n > 0 {
		k := min(n, f.split)
		last := len(f.coming) - 1
		if last < 0 || f.coming[last].full || f.coming[last].end != nil || !f.coming[last].written.Equal(now) {
			f.coming = append(f.coming, segment{written: now, at: f.instant(now)})
			last++
		}
		f.coming[last].n += k
		if f.rate > 0 {
			f.busy = f.busy.Add(time.Duration(k) * time.Second / time.Duration(f.rate))
		}
		n -= k
		if f.split -= k; f.split == 0 {
			f.coming[last].full = true
			f.split = f.nextSplit()
		}
	}
}

// instant chooses when the bytes that leave now arrive.
func (f *flow) instant(now time.Time) time.Time {
	if f.busy.Before(now) {
		f.busy = now
	}
	at := f.busy.Add(f.latency + f.random.between(0, f.jitter))
	if f.merge > 0 {
		at = at.Truncate(f.merge).Add(f.merge)
	}
	at = f.phase.next(now, at)
	if last := len(f.coming) - 1; last >= 0 && at.Before(f.coming[last].at) {
		at = f.coming[last].at
	}
	return at
}

// end schedules the end.
func (f *flow) end(err error) {
	now := time.Now()
	f.endAt = f.instant(now)
	f.coming = append(f.coming, segment{written: now, at: f.endAt, end: err})
	f.changed.Broadcast()
}

// closeWrite ends the direction for the writer.
func (f *flow) closeWrite() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.writeClosed && !f.lost {
		f.end(io.EOF)
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
	f.discard(0)
	f.reading.set(f, time.Time{})
	f.changed.Broadcast()
	return unread
}

// discard loses what has not arrived, and all but keep bytes of the rest.
func (f *flow) discard(keep int) {
	f.ready = min(f.ready, keep)
	f.bytes, f.coming = f.bytes[:f.ready], nil
	f.arrival.set(f, time.Time{})
}

// abort closes the direction for the writer with a reset, which reaches the reader, and
// then its writes.
func (f *flow) abort() {
	f.mu.Lock()
	closed := f.writeClosed
	f.writeClosed = true
	f.writing.set(f, time.Time{})
	f.changed.Broadcast()
	f.resetReader()
	at := f.phase.next(time.Now(), time.Now().Add(f.latency))
	f.mu.Unlock()
	if !closed {
		time.AfterFunc(time.Until(at), f.reverse.resetWriter)
	}
}

// resetReader makes reads fail after what has arrived. What has not is lost.
func (f *flow) resetReader() {
	f.isHarmed = true
	if f.lost || f.readClosed {
		return
	}
	f.arrive()
	f.discard(f.ready)
	f.end(errReset)
	f.lost = true
}

// resetWriter makes writes fail.
func (f *flow) resetWriter() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writeReset = true
	f.discard(f.ready)
	f.changed.Broadcast()
}

// refuse answers data that has arrived after the reader has closed its end.
func (f *flow) refuse() {
	if f.refused {
		return
	}
	f.refused = true
	now := time.Now()
	at := f.phase.next(now, now.Add(2*f.latency))
	time.AfterFunc(at.Sub(now), f.resetWriter)
	time.AfterFunc(f.phase.next(now, at).Sub(now), func() {
		f.reverse.mu.Lock()
		defer f.reverse.mu.Unlock()
		f.reverse.resetReader()
	})
}

// lastArrived returns when bytes were last read, and lastAccepted when they were written.
func (f *flow) lastArrived() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lastArrive
}

func (f *flow) lastAccepted() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lastTaken
}

// closedAt returns when a Close frame was written, or the zero time.
func (f *flow) closedAt() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.wire.closed
}

// closeArrival returns when the Close frame has arrived, or the zero time.
func (f *flow) closeArrival() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.lost || f.closeArrives.IsZero():
		return time.Time{}
	case f.closeArrives.Before(f.held):
		return f.held
	}
	return f.closeArrives
}

// total returns how many bytes were written.
func (f *flow) total() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.accepted
}

// hasEnded reports whether the end has arrived.
func (f *flow) hasEnded() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ended != nil
}

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

// set sets the time, and wakes the goroutines that wait in f when it comes.
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

// errReset is the error of a connection over TCP that was reset.
var errReset = &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}

// quiet records that no data message may be sent behind what the end has accepted and
// what is queued, of which buffered returns the number of bytes.
func (f *flow) quiet(buffered func() int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wire.quiet = f.accepted - int64(f.unfinished) + int64(buffered())
}

// talks records that data messages may be sent again.
func (f *flow) talks() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wire.quiet = 0
}

// written returns the number of bytes of the writes that have returned, and whether another
// write waits for space.
func (f *flow) written() (n int64, blocks bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.accepted - int64(f.unfinished), f.blocks
}

// space returns how many bytes a write takes without waiting.
func (f *flow) space() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.window - len(f.bytes)
}

// waitsFor returns how long the Write that waits has waited.
func (f *flow) waitsFor(now time.Time) time.Duration {
	if f.blockedAt.IsZero() {
		return 0
	}
	return now.Sub(f.blockedAt)
}

// longestWait returns the longest time that nothing was accepted although a Write waited.
// The session has ended at the given time.
func (f *flow) longestWait(ended time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return max(f.longest, f.waitsFor(ended))
}

// endedAt returns when the end arrives at the reader, or the zero time.
func (f *flow) endedAt() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.endAt
}

// wasCut reports whether a half-close has ended the direction, and wasHarmed whether
// another fault may have lost bytes of it.
func (f *flow) wasCut() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.isCut && !f.isHarmed
}

func (f *flow) wasHarmed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.isCut || f.isHarmed || f.writeReset || f.violated != 0
}

// wasViolated reports whether a violation was inserted.
func (f *flow) wasViolated() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.violated != 0
}

// messagesRead returns the number of data messages that the reader's library has read whole,
// and messageRead when it has read the last of them.
func (f *flow) messagesRead() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.endsRead
}

func (f *flow) messageRead() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lastMessage
}
