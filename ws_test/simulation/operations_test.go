package simulation

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/handset-go/handset/ws"
)

// operation is something that an actor does with its session. The table is what the
// simulation covers of the sending half.
type operation struct {
	name   string
	weight int
	do     func(*actor)
}

var operations []operation

func init() {
	operations = []operation{
		{"Text", 10, func(a *actor) {
			a.message(ws.Text, false, func(ctx context.Context, p []byte) error { return a.session.Text(ctx, string(p)) })
		}},
		{"TextBytes", 10, func(a *actor) { a.message(ws.Text, false, a.session.TextBytes) }},
		{"Binary", 10, func(a *actor) { a.message(ws.Binary, false, a.session.Binary) }},
		{"Send", 10, func(a *actor) {
			kind := one(a.random, ws.Text, ws.Binary)
			a.message(kind, false, func(ctx context.Context, p []byte) error {
				return a.session.Send(ctx, ws.Message{Kind: kind, Data: p})
			})
		}},
		{"TrySend", 10, func(a *actor) {
			kind := one(a.random, ws.Text, ws.Binary)
			a.message(kind, true, func(_ context.Context, p []byte) error {
				return a.session.TrySend(ws.Message{Kind: kind, Data: p})
			})
		}},
		{"SendPrepared", 5, func(a *actor) { a.prepared(false) }},
		{"TrySendPrepared", 5, func(a *actor) { a.prepared(true) }},
		{"Ping", 5, (*actor).ping},
		{"Pong", 3, (*actor).pong},
		{"Continuation", 5, (*actor).fragments},
		{"Writer", 5, (*actor).writer},
		{"burst", 5, (*actor).burst},
		{"invalid", 3, (*actor).invalid},
		{"Buffered", 3, (*actor).look},
		{"second reader", 2, (*actor).second},
		{"Close", 1, func(a *actor) { a.closeWith(newReason(a.random)) }},
	}
}

// choose chooses an operation by the weights.
func choose(rng random, table []operation) operation {
	sum := 0
	for _, o := range table {
		sum += o.weight
	}
	n := rng.IntN(sum)
	for _, o := range table {
		if n -= o.weight; n < 0 {
			return o
		}
	}
	panic("unreachable")
}

// context chooses the context of a call: one that does not end, that of the session, or
// one that ends, often while the call waits.
func (a *actor) context() (context.Context, context.CancelFunc) {
	switch a.random.IntN(10) {
	case 0:
		return a.session.Context(), func() {}
	case 1, 2:
		now := time.Now()
		d := a.random.between(-period, one(a.random, 10*time.Millisecond, time.Second))
		return context.WithDeadline(context.Background(), a.until.next(now, now.Add(d)))
	case 3:
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		return ctx, cancel
	}
	return context.Background(), func() {}
}

// space returns how many bytes can be sent without waiting, 0 if the session has ended: then it is random how much of the queue is left.
func (a *actor) space() int {
	if a.hasEnded() {
		return 0
	}
	limit := a.options.SendBuffer
	if limit == 0 {
		limit = 64 << 10
	}
	queued := a.session.Buffered()
	return min(limit, a.out.space()) - queued
}

// sendContext is context for one of several sends at an instant. Its context has not ended
// before: whether a send then succeeds depends on how much the library's goroutine has written.
func (a *actor) sendContext() (context.Context, context.CancelFunc) {
	ctx, cancel := a.context()
	if a.bursts && ctx.Err() != nil {
		return context.Background(), cancel
	}
	return ctx, cancel
}

// length chooses the length of a message.
func (a *actor) length() int {
	n := a.random.size(a.run.plan.largest)
	if a.random.chance(1) { // the limits of lengths in headers, of chunks and of buffers
		n = one(a.random, 125, 126, 16<<10, 65_535, 65_536) - a.random.IntN(2)*uniqueSize
	}
	if a.unique {
		n += uniqueSize
	}
	return n
}

// message sends a message, which call does, and checks the result.
func (a *actor) message(kind ws.Kind, try bool, call func(context.Context, []byte) error) {
	a.sendData(kind, content(a.random, kind, a.length()), try, call)
}

func (a *actor) sendData(kind ws.Kind, data []byte, try bool, call func(context.Context, []byte) error) error {
	ctx, cancel := a.sendContext()
	defer cancel()
	before := bytes.Clone(data)
	refuses := a.begins(len(data))
	m := a.sends.sends(a.log, kind, before)
	err := call(ctx, data)
	a.sends.returned(m, err == nil)
	if a.bursts {
		a.trace(kind, " of ", len(data))
	} else {
		a.trace(kind, " of ", len(data), ": ", a.sendClass(err))
	}
	a.checkSend(ctx, err, try, refuses)
	if err == nil {
		a.flushes()
	}
	if !bytes.Equal(data, before) {
		a.failf("the send has modified its data")
	}
	return err
}

// sendClass is class for the error of a send. If a session is closed and ends at one instant, or
// its context ends with it, a send that waits fails for either reason.
func (a *actor) sendClass(err error) string {
	if errors.Is(err, ws.ErrClosed) || err != nil && a.session.Err() != nil {
		return "closed"
	}
	return class(err)
}

// begins records that a send of n bytes begins. It reports whether it must be refused.
func (a *actor) begins(n int) (refuses bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.largest = max(a.largest, n)
	a.open++
	return a.refuses
}

// checkSend checks the result of a send.
func (a *actor) checkSend(ctx context.Context, err error, try, refuses bool) {
	a.opens(-1)
	switch {
	case err == nil:
		if refuses {
			a.failf("a send after the end of sending returns nil")
		}
	case errors.Is(err, ws.ErrClosed):
		a.mu.Lock()
		a.endpoint.refuses = true
		a.mu.Unlock()
	case err == ws.ErrBufferFull:
		if !try {
			a.failf("a send that waits: %v", err)
		}
	case ctx.Err() != nil && err == ctx.Err():
	default:
		a.failf("a send returns %v", err)
	}
	a.checkBuffered()
}

// controlSpace is what control frames may take of the queue beyond its limit: a Pong, a
// Close frame, and those that were admitted.
const controlSpace = 3 * (125 + 14)

// checkBuffered checks that the queue is bounded.
func (a *actor) checkBuffered() {
	limit := a.options.SendBuffer
	if limit == 0 {
		limit = 64 << 10
	}
	a.mu.Lock()
	limit = max(limit, a.largest+14) + controlSpace
	a.mu.Unlock()
	if n := a.session.Buffered(); n > limit {
		a.failf("%d bytes are buffered, limit %d", n, limit)
	}
}

func (a *actor) prepared(try bool) {
	kind := one(a.random, ws.Text, ws.Binary)
	data := content(a.random, kind, a.length())
	pm, err := ws.Prepare(kind, data)
	if err != nil {
		a.failf("Prepare: %v", err)
		return
	}
	a.sendData(kind, data, try, func(ctx context.Context, _ []byte) error {
		if try {
			return a.session.TrySendPrepared(pm)
		}
		return a.session.SendPrepared(ctx, pm)
	})
}

// The payloads of Pings and Pongs that actors send begin with these.
const (
	pingMark = "ping "
	pongMark = "pong "
)

func (a *actor) newPing() []byte {
	return append([]byte(pingMark), content(a.random, ws.Binary, uniqueSize+a.random.size(100))...)
}

func (a *actor) ping() { a.pingIn(a.log) }

func (a *actor) pingIn(l *log) {
	p := a.newPing()
	a.mu.Lock()
	a.endpoint.pings[string(p)] = true
	a.mu.Unlock()
	log := a.log
	a.log = l
	a.sendData(ws.Ping, p, false, a.session.Ping)
	a.log = log
}

func (a *actor) pong() {
	p := append([]byte(pongMark), content(a.random, ws.Binary, uniqueSize+a.random.size(100))...)
	a.sendData(ws.Pong, p, false, a.session.Pong)
}

// fragments sends a message by Continuation, in several steps.
func (a *actor) fragments() {
	kind := one(a.random, ws.Text, ws.Binary)
	data := content(a.random, kind, a.length())
	part := ws.FirstText
	if kind == ws.Binary {
		part = ws.FirstBinary
	}
	a.opens(+1)
	defer a.opens(-1)
	var m *message
	for left := 1 + a.random.IntN(4); left >= 0; left-- {
		n := a.random.IntN(len(data) + 1)
		if left == 0 {
			n, part = len(data), ws.Last
		}
		refuses := a.begins(n)
		ctx, cancel := a.context()
		if m == nil {
			m = a.sends.opens(a.log, kind, data[:n])
		} else {
			a.sends.more(m, data[:n], left == 0)
		}
		err := a.session.Continuation(ctx, part, data[:n])
		for err != nil && err == ctx.Err() && a.session.Err() == nil && part != ws.FirstText && part != ws.FirstBinary {
			a.phase.pause(time.Millisecond) // the message is open: try again
			cancel()
			ctx, cancel = context.Background(), func() {}
			err = a.session.Continuation(ctx, part, data[:n])
		}
		cancel()
		a.trace(part, " of ", n, ": ", a.sendClass(err))
		a.checkSend(ctx, err, false, refuses)
		switch {
		case err != nil && (part == ws.FirstText || part == ws.FirstBinary):
			a.sends.ends(m, refused)
			return
		case err != nil:
			a.sends.ends(m, cut)
			return
		case left == 0:
			a.sends.ends(m, sent)
			return
		}
		data, part = data[n:], ws.Continue
		a.phase.pause(time.Duration(a.random.size(int(one(a.random, time.Millisecond, time.Millisecond, time.Second)))))
		if a.random.chance(20) {
			a.pingIn(a.pings)
			a.phase.pause(0)
		}
	}
}

// writer sends a message by Writer.
func (a *actor) writer() {
	kind := one(a.random, ws.Text, ws.Binary)
	n := a.length()
	if a.random.chance(10) {
		n += 40_000 // more than one fragment
	}
	data := content(a.random, kind, n)
	refuses := a.begins(len(data))
	a.opens(+1)
	defer a.opens(-1)
	m := a.sends.sends(a.log, kind, data)
	ctx, cancel := one(a.random, context.Background(), a.session.Context()), context.CancelFunc(func() {})
	if a.random.chance(20) {
		now := time.Now()
		ctx, cancel = context.WithDeadline(ctx, a.until.next(now, now.Add(time.Duration(a.random.size(int(10*time.Millisecond))))))
	}
	defer cancel()
	w := a.session.Writer(ctx, kind)
	var err error
	for rest := data; len(rest) > 0 && err == nil; {
		n := min(len(rest), 1+a.random.IntN(len(data)), 10_000) // one fragment at an instant at most
		var written int
		if written, err = w.Write(rest[:n]); err == nil && written != n {
			a.failf("Write of %d bytes returns %d", n, written)
		}
		rest = rest[n:]
		a.phase.pause(0)
	}
	if errClose := w.Close(); err == nil {
		err = errClose
	}
	switch {
	case err == nil:
		a.sends.ends(m, sent)
	case a.accepts(): // otherwise Close of the Writer has closed the session
		a.sends.ends(m, refused)
	default:
		a.closesItself()
		a.sends.ends(m, cut)
	}
	a.trace("Writer of ", len(data), ": ", a.sendClass(err))
	a.checkSend(ctx, err, false, refuses)
	if _, err := w.Write([]byte("late")); err == nil {
		a.failf("Write after Close returns nil")
	}
}

// burst sends many small messages at the same instant. None of them is a TrySend, whose
// result would depend on how much the library's goroutine has written meanwhile. So does an
// error: the first write may find that the connection is lost. Therefore the trace does not
// have the results, and an error does not end the burst. What does not fit into the queue and
// the window, or comes after a send that has waited, is sent at the next instant of the actor.
func (a *actor) burst() {
	a.bursts = true
	now, space := time.Now(), a.space()
	for range 2 + a.random.IntN(30) {
		if space -= 2 * (uniqueSize + 40 + 14); space < 0 || time.Now().After(now) {
			a.phase.pause(0)
			now, space = time.Now(), a.space()
		}
		data := content(a.random, ws.Binary, uniqueSize+a.random.size(40))
		a.sendData(ws.Binary, data, false, a.session.Binary)
	}
	a.bursts = false
}

// invalid calls a send with invalid arguments, which sends nothing.
func (a *actor) invalid() {
	var noContext context.Context
	ctx, s := context.Background(), a.session
	calls := []func() error{
		func() error { return s.Text(ctx, "\xff") },
		func() error { return s.TextBytes(ctx, []byte("abc\xe6\x97")) },
		func() error { return s.Ping(ctx, make([]byte, 126)) },
		func() error { return s.Pong(ctx, make([]byte, 126)) },
		func() error { return s.Binary(noContext, nil) },
		func() error { return s.Send(ctx, ws.Message{}) },
		func() error { return s.Send(ctx, ws.Message{Kind: 77}) },
		func() error { return s.Continuation(ctx, ws.Text, nil) },
		func() error { return s.Close(ws.CloseReason{Code: 1005}) },
		func() error { return s.Close(ws.CloseReason{Description: "no code"}) },
		func() error { return s.Close(ws.CloseReason{Code: 1000, Description: "\xff"}) },
		func() error { return s.TrySend(ws.Message{Kind: ws.Text, Data: []byte("\xc0\x80")}) },
		func() error { _, err := s.Writer(ctx, ws.Ping).Write(nil); return err },
	}
	i := a.random.IntN(len(calls))
	if err := calls[i](); err == nil {
		a.failf("invalid call %d returns nil", i)
	}
}

// second receives from a stream that has a reader.
func (a *actor) second() {
	a.mu.Lock()
	begun := a.reader.begun && !a.reader.aggregate // whose Chan ends before the stream
	a.mu.Unlock()
	if !begun {
		return
	}
	if msg, err := a.stream.Recv(context.Background()); err == nil {
		a.failf("a second reader receives %s", describe(msg.Kind, msg.Data))
	}
}

// look calls what reports the state of a session.
func (a *actor) look() {
	a.checkBuffered()
	stats := a.session.Stats()
	if stats.Queued < 0 || a.session.Latency() < 0 || a.session.RemoteAddr() == nil || a.session.Subprotocol() != a.pair.subprotocol() {
		a.failf("Stats: %+v", stats)
	}
	select {
	case <-a.session.Done():
		if a.session.Err() == nil || a.session.Context().Err() == nil {
			a.failf("after Done: Err is %v, the context's %v", a.session.Err(), a.session.Context().Err())
		}
	default:
		if a.session.Err() != nil {
			a.failf("before Done: Err is %v", a.session.Err())
		}
	}
	a.trace("Buffered ", a.session.Buffered())
	open, u := 0, &a.run.plan.upgrader
	for s := range u.Sessions() {
		if s.RemoteAddr() == nil {
			a.failf("an open session has no address")
		}
		open++
	}
	if s := u.Stats(); s.Sessions < open || s.Total < uint64(s.Sessions) {
		a.failf("%d sessions, statistics: %+v", open, s)
	}
}
