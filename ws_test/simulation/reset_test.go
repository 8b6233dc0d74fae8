package simulation

import (
	"net"
	"os"
	"syscall"
	"time"
)

// abort closes the direction for the writer with a reset, which reaches the reader, and
// then its writes.
func (f *flow) abort() {
	f.mu.Lock()
	closed := f.writeClosed
	f.writeClosed = true
	f.writing.set(f, time.Time{})
	f.changed.Broadcast()
	f.resetReaderLocked()
	at := f.phase.next(time.Now(), time.Now().Add(f.latency))
	f.mu.Unlock()
	if !closed {
		time.AfterFunc(time.Until(at), f.reverse.resetWriter)
	}
}

// resetReaderLocked makes reads fail after what has arrived. What has not is lost.
func (f *flow) resetReaderLocked() {
	f.isHarmed = true
	if f.lost || f.readClosed {
		return
	}
	f.arriveLocked()
	f.discardLocked(f.ready)
	f.endLocked(errReset)
	f.lost = true
}

// resetWriter makes writes fail. What has not arrived is lost, but not that the connection is
// reset.
func (f *flow) resetWriter() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writeReset = true
	coming := f.coming
	f.discardLocked(f.ready)
	if n := len(coming); n > 0 && coming[n-1].end != nil {
		f.coming = coming[n-1:]
	}
	f.changed.Broadcast()
}

// refuseLocked answers data that has arrived after the reader has closed its end.
func (f *flow) refuseLocked() {
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
		f.reverse.resetReaderLocked()
	})
}

// errReset is the error of a connection over TCP that was reset.
var errReset = &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
