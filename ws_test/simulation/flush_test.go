package simulation

import "time"

// flushed is how long a frame may stay in the queue of a session whose peer takes bytes. The
// library delays it by 1 ms at most.
const flushed = 2 * time.Millisecond

// flushes checks, after a send, that what is queued leaves soon, whatever the program does
// meanwhile, unless the connection takes nothing.
func (a *actor) flushes() {
	written, _ := a.out.written()
	due := written + int64(a.session.Buffered())
	now := time.Now()
	time.AfterFunc(a.checks.next(now, now.Add(flushed)).Sub(now), func() {
		written, blocks := a.out.written()
		if written < due && !blocks && a.session.Buffered() > 0 && a.accepts() && !a.pair.connection.harmed() {
			a.failf("%d bytes that were queued %v ago have not been written", due-written, flushed)
		}
	})
}
