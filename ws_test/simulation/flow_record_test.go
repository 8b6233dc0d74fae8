package simulation

import "time"

// lastArrived returns when bytes were last read, and lastAccepted when they were written.
func (f *flow) lastArrived() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lastArrive
}

// awaitedSince returns since when the reader waits for bytes, or the zero time if it has not
// waited since bytes were last read.
func (f *flow) awaitedSince() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.awaitedAt
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

// writeFailedAt returns when a write first failed because of a reset, or the zero time.
func (f *flow) writeFailedAt() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failedAt
}

// endArrival returns when the end can be read, or the zero time.
func (f *flow) endArrival() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.endAt.IsZero() && f.endAt.Before(f.held) {
		return f.held
	}
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
