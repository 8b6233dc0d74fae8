package simulation

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/handset-go/handset/ws"
)

// endpoint is one end of a session: what its actors do, and what the model knows of it.
type endpoint struct {
	pair      *pair
	run       *run
	name      string
	peer      *endpoint
	in, out   *flow
	callbacks *callbacks
	options   ws.Options
	phase     int
	random    random
	actors    int  // so far
	closes    bool // an actor closes it
	unique    bool // several goroutines send: messages must differ
	senders   int
	reader    reader
	session   *ws.Session
	stream    *ws.MessageStream
	sends     transcript // what it sends

	mu        sync.Mutex
	pings     map[string]bool // payloads of its Pings that were not answered
	closing   time.Time       // when Close was called first
	refuses   bool            // a send has returned ErrClosed, or Close has returned
	received  *ws.CloseReason // the Close message that was received
	streamErr error           // that ended its stream
	dropped   bool            // what the peer sends may be dropped, because nothing received it while closing
	unread    bool            // it was closed before its reader had begun
	largest   int             // frame that was queued
	open      int             // sends in progress, and fragmented messages that are not complete
	sentClose bool            // our Close frame has been queued
	joining   map[string]bool // groups that an actor joins or leaves
	given     bool            // the client has not got a session
	began     time.Time
	done      bool
	err       error // of the session
	ended     time.Time
	arrived   time.Time // when bytes last arrived
	taken     time.Time // when bytes were last accepted
}

func newEndpoint(p *pair, side string, first int, o ws.Options) *endpoint {
	name := fmt.Sprint(side, " ", p.id)
	e := &endpoint{pair: p, run: p.run, name: name, options: o, phase: first, random: newRandom(p.run.seed, name)}
	e.sends.fail = func(format string, args ...any) {
		e.run.failf("%s to its peer: %s", name, fmt.Sprintf(format, args...))
	}
	e.pings, e.joining = map[string]bool{}, map[string]bool{}
	e.senders = one(e.random, 0, 1, 1, 2, 3)
	e.reader = newReader(e)
	if e.isRemote() {
		e.senders, e.reader.echoes = 0, false
	}
	e.unique = e.senders != 1 || e.reader.echoes
	return e
}

// actor is a goroutine of the program at one end of a session. It calls one function of
// the API at each instant.
type actor struct {
	*endpoint
	name   string
	phase  *phase
	until  *phase // of deadlines
	checks *phase // of what is checked later
	random random
	bursts bool // it may send several messages at one instant
	log    *log // of what it sends
	pings  *log // of Pings between the fragments of a message
}

func (e *endpoint) newActor(name string) *actor {
	e.mu.Lock()
	n := e.phase + 3*e.actors
	e.actors++
	e.mu.Unlock()
	name = e.name + " " + name
	return &actor{endpoint: e, name: name, phase: e.pair.phase(n), until: e.pair.phase(n + 1), checks: e.pair.phase(n + 2), random: newRandom(e.run.seed, name),
		log: e.sends.newLog(name), pings: e.sends.newLog(name + " pings")}
}

// trace records what the actor has done.
func (a *actor) trace(text ...any) { a.run.trace.add(a.name, text...) }

func (a *actor) failf(format string, args ...any) {
	a.run.failf("%s: %s", a.name, fmt.Sprintf(format, args...))
}

// begin starts the actors of a session that has begun.
func (e *endpoint) begin(session *ws.Session, stream *ws.MessageStream) {
	e.mu.Lock()
	e.session, e.stream, e.began = session, stream, time.Now()
	e.mu.Unlock()
	o := e.options
	o.Trace = nil
	e.run.trace.add(e.name, fmt.Sprintf("options %+v, reader %+v", o, e.reader))
	e.callbacks.count(session, func(k *calls) { k.endpoint = e })
	if !e.run.shutAt().IsZero() {
		e.closesItself()
		e.unread = true
	}
	if e.reader.maxFrame > 0 {
		stream.MaxFrameSize(e.reader.maxFrame)
	}
	reader := e.newActor("reader")
	e.run.readers.Go(func() { e.reader.run(reader) })
	e.run.readers.Go(e.awaitEnd)
	if newRandom(e.run.seed, e.name+" context").chance(30) {
		e.run.readers.Go(e.awaitContext)
	}
	for i := range e.senders {
		a := e.newActor(fmt.Sprint("sender ", i))
		e.run.scripts.Go(func() { a.send() })
	}
	if e.isRemote() {
		a := e.newActor("member")
		e.run.scripts.Go(a.joinsRemote)
	}
	if e.closes {
		a := e.newActor("closer")
		e.run.scripts.Go(func() { a.close() })
	}
}

// hasBegun reports whether the session has begun, at an earlier instant.
func (e *endpoint) hasBegun() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.session != nil && e.began.Before(time.Now())
}

// hasEnded reports whether the session has ended.
func (e *endpoint) hasEnded() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.done
}

// isRemote reports whether the program at this end has groups. It then sends nothing else.
func (e *endpoint) isRemote() bool { return e.run.remote != nil && e.phase == phaseServer }

// givesUp records that the client has not got a session, whatever the server has.
func (e *endpoint) givesUp() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.given = true
}

func (e *endpoint) gaveUp() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.given
}

// awaitEnd records what is known when the session ends.
func (e *endpoint) awaitEnd() {
	<-e.session.Done()
	err := e.session.Err()
	e.run.trace.add(e.name, "ended: ", class(err))
	e.mu.Lock()
	defer e.mu.Unlock()
	e.done, e.err, e.ended = true, err, time.Now()
	e.arrived, e.taken = e.in.lastArrived(), e.out.lastAccepted()
	if err == nil {
		e.run.failf("%s: Err is nil after Done", e.name)
	}
}

// awaitContext waits for the end by the session's context.
func (e *endpoint) awaitContext() {
	ctx := e.session.Context()
	<-ctx.Done()
	if err := e.session.Err(); err == nil || context.Cause(ctx) != err {
		e.failf("the session's context has ended with %v, Err is %v", context.Cause(ctx), err)
	}
}

// send does a number of steps, each one an operation that the seed chooses.
func (a *actor) send() {
	for range a.run.plan.steps {
		a.phase.pause(time.Duration(a.random.size(int(a.run.plan.duration / 4))))
		select {
		case <-a.session.Done():
			if a.random.chance(80) {
				return
			}
		default:
		}
		table := operations
		if a.run.groups != nil && a.endpoint == a.pair.server && a.random.chance(50) {
			table = groupOperations
		}
		choose(a.random, table).do(a)
	}
}

// close closes the session.
func (a *actor) close() {
	a.phase.pause(a.random.between(0, a.run.plan.duration*2))
	a.closeWith(newReason(a.random))
}

func newReason(rng random) ws.CloseReason {
	code := one(rng, 0, ws.CloseNormal, ws.CloseGoingAway, ws.CloseInternalError, ws.CloseServiceRestart, 3000, 4999)
	if code == 0 {
		return ws.CloseReason{}
	}
	return ws.CloseReason{Code: code, Description: string(content(rng, ws.Text, rng.size(150)))}
}

// closeWith calls Close, unless a violation may have arrived that was not received: Close finds
// it while it writes the Close frame, and the session ends before or after that.
func (a *actor) closeWith(r ws.CloseReason) {
	if a.in.wasViolated() && !a.hasSentClose() {
		return
	}
	a.closesItself()
	err := a.session.Close(r)
	a.trace("Close ", r.Code, ": ", class(err))
	if err != nil {
		a.failf("Close(%v): %v", r, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refuses = true
}

func (e *endpoint) hasSentClose() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sentClose
}

// opens records that the actor sends a message in fragments, or has sent it.
func (a *actor) opens(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open += n
}

// mayDrop reports whether what the peer sends may have been dropped, because nothing received it
// while closing.
func (e *endpoint) mayDrop() bool { return e.dropped || e.unread && e.in.total() >= readAhead }

// mayHaveClosedSince is called when the library has closed the session, at some time since began.
func (e *endpoint) mayHaveClosedSince(began time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closing.IsZero() || e.closing.After(began) {
		e.closing = began
	}
}

// closesItself is called when the session is about to be closed from this end. What the
// peer sends may be lost from then on if nothing receives it.
func (e *endpoint) closesItself() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.done {
		return
	}
	if e.closing.IsZero() {
		e.closing = time.Now()
		e.run.groups.closes(e)
	}
	if e.reader.away {
		e.dropped = true
	}
	if e.reader.way == byChan {
		e.peer.sends.loses()
	}
}
