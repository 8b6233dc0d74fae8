package simulation

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"github.com/handset-go/handset/ws"
)

// reader is what receives at one end of a session, and how.
type reader struct {
	way       way
	aggregate bool
	limit     int           // of aggregate
	late      time.Duration // it begins so much later
	think     time.Duration // the longest pause between two receives; 0 means that there is none
	contexts  bool          // it uses contexts that end
	echoes    bool          // it sends some messages back
	answers   bool          // it answers the Close frame itself
	refuses   bool          // it refuses data messages
	hasty     bool          // it receives no more when an answer has failed
	maxFrame  int

	failed bool // an answer has
	away   bool // nothing receives, or may at times: the library may drop what arrives while closing
	begun  bool // Chan or Discard was called: the stream has a reader until it ends
	parts  []byte
	count  int      // messages that were received, with those that are too big
	kind   ws.Kind  // of the message that is not complete; 0 if there is none
	partOf *message // it is probably this one
}

// way is a way to receive.
type way uint8

const (
	byRecv way = iota
	byAll
	byChan
	byDiscard
	byNothing
)

func newReader(e *endpoint) reader {
	rng := e.random
	r := reader{
		way:       one(rng, byRecv, byRecv, byRecv, byAll, byAll, byAll, byChan, byChan, byDiscard, byNothing),
		aggregate: rng.chance(50),
		limit:     one(rng, 0, 0, 100, 5000),
		contexts:  rng.chance(30),
		echoes:    rng.chance(20),
		answers:   rng.chance(30),
		refuses:   rng.chance(30),
	}
	if rng.chance(30) {
		r.think = one(rng, period, time.Millisecond, time.Second, 3*time.Second)
	}
	if rng.chance(15) {
		r.late = rng.between(0, e.run.plan.duration)
	}
	if rng.chance(10) {
		r.maxFrame = one(rng, 125, 200, 5000)
	}
	// Between two calls of Recv the library does not know whether another follows.
	busy := r.way == byRecv && (r.think > 0 || r.echoes || e.options.ManualPong)
	r.hasty = (r.echoes || e.options.ManualPong) && newRandom(e.run.seed, e.name+" hasty").chance(50)
	r.away = busy || r.hasty || r.late > 0 || r.contexts || r.way == byDiscard || r.way == byNothing || r.way == byChan
	return r
}

// source is a stream that a reader reads: a MessageStream or an AggregatedStream.
type source interface {
	Recv(context.Context) (ws.Message, error)
	All(context.Context) iter.Seq2[ws.Message, error]
	Chan() <-chan ws.Message
	Err() error
}

// run receives until the stream ends.
func (r *reader) run(a *actor) {
	if r.late > 0 {
		a.phase.pause(r.late)
	}
	var s source = a.stream
	if r.aggregate {
		s = a.stream.Aggregate(r.limit)
		a.peer.sends.limit = r.limit
	}
	switch r.way {
	case byRecv:
		r.recv(a, s)
	case byAll:
		r.all(a, s)
	case byChan:
		r.channel(a, s)
	case byDiscard:
		r.discard(a)
	case byNothing:
		<-a.session.Done()
	}
}

// begins records that the stream has a reader until it ends.
func (r *reader) begins(a *actor) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r.begun = true
}

// context chooses the context of a receive.
func (r *reader) context(a *actor) (context.Context, context.CancelFunc) {
	switch {
	case r.contexts && a.random.chance(50):
		now := time.Now()
		d := a.random.between(0, time.Second)
		return context.WithDeadline(context.Background(), a.until.next(now, now.Add(d)))
	case a.random.chance(20):
		return a.session.Context(), func() {}
	}
	return context.Background(), func() {}
}

func (r *reader) recv(a *actor, s source) {
	ctx, cancel := r.context(a)
	defer func() { cancel() }()
	for {
		msg, err := s.Recv(ctx)
		goOn := r.handle(a, ctx, msg, err)
		if err == nil && isPart(msg.Kind) {
			continue
		}
		cancel()
		if goOn && r.leaves(a, err) {
			return
		}
		if !goOn {
			r.sticky(a, s, err)
			return
		}
		r.pause(a)
		ctx, cancel = r.context(a)
	}
}

// isPart reports whether more of the message follows. What the program does then, and what it
// chooses, does not depend on such a chunk, because their number may differ.
func isPart(k ws.Kind) bool { return k == ws.FirstText || k == ws.FirstBinary || k == ws.Continue }

func (r *reader) all(a *actor, s source) {
	for {
		ctx, cancel := r.context(a)
		var last error = io.EOF // the loop ends without an error after a Close message
		for msg, err := range s.All(ctx) {
			last = err
			if !r.handle(a, ctx, msg, err) || r.failed || err == nil && r.contexts && !isPart(msg.Kind) && a.random.chance(10) {
				break
			}
			if err == nil && isPart(msg.Kind) {
				last = io.EOF
				continue
			}
			if err == nil || err == ws.ErrMessageTooBig {
				last = io.EOF
			}
			r.pause(a)
		}
		cancel()
		switch {
		case last == io.EOF:
			r.handle(a, ctx, ws.Message{}, io.EOF)
			r.sticky(a, s, io.EOF)
			return
		case last != nil && ctx.Err() == nil || last != nil && last != ctx.Err():
			r.sticky(a, s, last)
			return
		}
		if r.leaves(a, last) {
			return
		}
		r.pause(a)
	}
}

// leaves reports whether the program receives no more, after an answer has failed or the context
// of a receive has ended. It then waits for the end of the session.
func (r *reader) leaves(a *actor, err error) bool {
	if !r.failed && (err == nil || !r.contexts || !a.random.chance(10)) {
		return false
	}
	a.trace("receives no more")
	<-a.session.Done()
	return true
}

func (r *reader) channel(a *actor, s source) {
	began, messages := time.Now(), s.Chan()
	r.begins(a)
	for msg := range messages {
		if a.session.Err() != nil || a.in.hasEnded() {
			a.peer.sends.loses()
		}
		r.handle(a, context.Background(), msg, nil)
		a.phase.pause(0) // whether the channel holds more messages decides when the library writes a Pong
		if isPart(msg.Kind) {
			continue
		}
		if r.think > 0 && a.random.chance(5) { // the program receives no more
			<-a.session.Done()
			return
		}
		r.pause(a)
	}
	err := s.Err()
	if err == ws.ErrMessageTooBig {
		a.mayHaveClosedSince(began)
	}
	a.trace("channel closed: ", class(err))
	<-a.session.Done()
	if _, again := s.Recv(context.Background()); again == ws.ErrConcurrentRecv {
		a.failf("a receive after the channel was closed returns %v", again)
	}
	a.endpoint.mu.Lock()
	defer a.endpoint.mu.Unlock()
	a.streamErr = err
}

func (r *reader) discard(a *actor) {
	if r.refuses {
		a.stream.RefuseData()
	}
	err := a.stream.Discard()
	r.begins(a)
	if err != nil {
		a.failf("Discard: %v", err)
	}
	<-a.session.Done()
}

func (r *reader) pause(a *actor) {
	if r.think > 0 {
		a.phase.pause(a.random.between(0, r.think))
	}
}

// handle checks the result of a receive, and reports whether the reader goes on.
func (r *reader) handle(a *actor, ctx context.Context, msg ws.Message, err error) bool {
	switch {
	case err == nil:
		r.message(a, msg)
		return true
	case ctx.Err() != nil && err == ctx.Err():
		if a.session.Err() != nil {
			a.failf("a receive after the end of the session returns %v", err)
		}
		return true
	case err == ws.ErrMessageTooBig && r.aggregate:
		r.trace(a, "received a message that is too big")
		a.peer.sends.skipped()
		r.count++
		return true
	}
	var failed *ws.ProtocolError
	a.mu.Lock()
	defer a.mu.Unlock()
	a.trace("stream ended: ", class(err))
	switch {
	case err == io.EOF:
		if a.received == nil {
			a.failf("io.EOF without a Close message")
		}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &failed):
	default:
		a.failf("a receive returns %v", err)
	}
	a.streamErr = err
	return false
}

// sticky checks that the error of a stream that has ended stays.
func (r *reader) sticky(a *actor, s source, err error) {
	for range 2 {
		if _, again := s.Recv(context.Background()); again != err {
			a.failf("a receive returns %v, and the next %v", err, again)
		}
	}
	if got := s.Err(); got != err && !(got == nil && err == io.EOF) {
		a.failf("a receive returns %v, and Err %v", err, got)
	}
}

// trace records what was received, unless by Chan: while the session closes, the library
// delivers a message or drops it, in random order if the program receives at that instant.
func (r *reader) trace(a *actor, text ...any) {
	if r.way != byChan {
		a.trace(text...)
	}
}

// mayAnswer waits for an instant of the reader's own, since several messages arrive at one. It
// reports whether an answer does not depend on what trace leaves out.
func (r *reader) mayAnswer(a *actor) bool {
	a.phase.pause(0)
	return r.way != byChan || !a.hasSentClose() && !a.hasEnded()
}

// message checks a message that was received, and may answer it.
func (r *reader) message(a *actor, msg ws.Message) {
	switch msg.Kind {
	case ws.Text, ws.Binary, ws.Last:
		r.count++
	}
	switch msg.Kind {
	case ws.Text, ws.Binary:
		r.trace(a, "received ", msg.Kind, " of ", len(msg.Data))
		r.whole(a, msg.Kind, msg.Data)
	case ws.FirstText, ws.FirstBinary, ws.Continue, ws.Last:
		r.chunk(a, msg)
	case ws.Ping:
		r.ping(a, msg.Data)
	case ws.Pong:
		r.pong(a, msg.Data)
	case ws.Close:
		r.trace(a, "received Close ", msg.Reason.Code)
		reason := msg.Reason
		a.mu.Lock()
		if a.received != nil {
			a.failf("a second Close message")
		}
		a.received = &reason
		a.mu.Unlock()
		switch {
		case r.answers && r.way == byChan && !r.mayAnswer(a):
		case r.answers:
			a.closeWith(one(a.random, reason, newReason(a.random)))
		case a.random.chance(20): // the library answers without waiting for the program
			a.phase.pause(a.random.between(0, 2*a.closeTimeout()))
		}
	default:
		a.failf("received a %v", msg.Kind)
	}
}

// whole checks a whole data message.
func (r *reader) whole(a *actor, kind ws.Kind, data []byte) {
	switch {
	case r.kind != 0 && !a.peer.sends.isLossy():
		a.failf("received %v while a message is open", kind)
	case a.endpoint == a.pair.client && a.run.groups != nil && bytes.HasPrefix(data, []byte(groupMark)):
		if problem := a.run.groups.received(a.endpoint, kind, data); problem != "" {
			a.failf("received %s of a group: %s", describe(kind, data), problem)
		}
	case !a.peer.sends.received(kind, data):
		a.failf("received %s; %s", describe(kind, data), a.peer.sends.describe())
	case r.echoes && a.random.chance(50) && r.mayAnswer(a):
		r.answered(a.sendData(kind, bytes.Clone(data), false, func(ctx context.Context, p []byte) error {
			return a.session.Send(ctx, ws.Message{Kind: kind, Data: p})
		}))
	}
}

// answered records whether an answer has failed because the session is closed.
func (r *reader) answered(err error) { r.failed = r.failed || r.hasty && errors.Is(err, ws.ErrClosed) }

// chunk collects the chunks of a message.
func (r *reader) chunk(a *actor, msg ws.Message) {
	if r.aggregate {
		a.failf("an AggregatedStream yields a %v", msg.Kind)
	}
	first := msg.Kind == ws.FirstText || msg.Kind == ws.FirstBinary
	if a.peer.sends.isLossy() { // the first chunk, or another, may be missing
		r.kind, r.parts = 0, nil
		return
	}
	if first != (r.kind == 0) {
		a.failf("received %v, and a message is open: %v", msg.Kind, r.kind != 0)
	}
	switch msg.Kind {
	case ws.FirstText:
		r.kind = ws.Text
	case ws.FirstBinary:
		r.kind = ws.Binary
	}
	r.parts = append(r.parts, msg.Data...)
	if msg.Kind != ws.Last {
		r.partOf = a.peer.sends.begins(r.partOf, r.kind, r.parts, len(msg.Data))
		return
	}
	r.partOf = nil
	kind, data := r.kind, r.parts
	r.kind, r.parts = 0, nil
	r.trace(a, "received ", kind, " of ", len(data))
	r.whole(a, kind, data)
}

// ping checks a Ping. Those of the peer's heartbeat are not among what it has sent.
func (r *reader) ping(a *actor, payload []byte) {
	switch {
	case a.peer.sends.received(ws.Ping, payload):
		r.trace(a, "received Ping of ", len(payload))
	case bytes.HasPrefix(payload, []byte(pingMark)) || a.peer.options.Heartbeat.Interval < 0:
		a.failf("received %s; %s", describe(ws.Ping, payload), a.peer.sends.describe())
	default:
		r.trace(a, "received Ping of the heartbeat")
	}
	if a.options.ManualPong && bytes.HasPrefix(payload, []byte(pingMark)) && r.mayAnswer(a) {
		r.answered(a.sendData(ws.Pong, bytes.Clone(payload), false, a.session.Pong))
	}
}

// pong checks a Pong: one that the peer's program has sent, or the answer to a Ping.
func (r *reader) pong(a *actor, payload []byte) {
	r.trace(a, "received Pong of ", len(payload))
	if a.peer.sends.received(ws.Pong, payload) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(payload) == 0 && a.options.Heartbeat.Interval >= 0 {
		return // one of several Pings of the heartbeat, which were answered before the first Pong was received
	}
	if !a.endpoint.pings[string(payload)] {
		a.failf("received %s, which answers nothing; %s", describe(ws.Pong, payload), a.peer.sends.describe())
	}
	delete(a.endpoint.pings, string(payload))
}
