package outbox

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/transport"
)

// choices leads a run of the model down one way through all that may happen.
// Run after run it takes every way of them.
type choices struct {
	way, of []int // which was taken, of how many there were
	at      int
	rng     *rand.Rand // takes any way instead, if not nil
}

func (c *choices) pick(n int) int {
	if c.rng != nil {
		return c.rng.IntN(n)
	}
	if c.at == len(c.way) {
		c.way, c.of = append(c.way, 0), append(c.of, n)
	}
	c.at++
	return c.way[c.at-1]
}

// next turns to the next way, and reports whether there is one.
func (c *choices) next() bool {
	c.at = 0
	for i := len(c.way) - 1; i >= 0; i-- {
		if c.way[i]++; c.way[i] < c.of[i] {
			c.way, c.of = c.way[:i+1], c.of[:i+1]
			return true
		}
	}
	return false
}

// modelSender is one of three senders: of whole messages, of messages in two
// fragments, and of messages that are batched or compressed. By the mode the first one's
// are Pings, compressed, or so large that they are written from where they are.
type modelSender struct {
	id       int
	sent     int     // frames that were accepted
	waits    *waiter // until it is queued
	openPart bool    // the first fragment has been accepted
	within   bool    // it is within a call
}

// model drives an outbox from a single goroutine: each event is one that some
// goroutine may bring about, and within every write that does not wait, and every
// compression, another may come.
type model struct {
	*choices
	transport.Conn
	t       *testing.T
	out     Outbox
	senders [3]modelSender
	mode    mode
	events  int // how many there may still be
	depth   int // of writes and compressions in which events happen
	log     []string

	wire             []byte
	accepted         []string // payloads
	size             int      // of the frames that were accepted, except Pongs and Close
	begun            bool     // StartWriter was called and Run has not ended
	entered          bool     // Run has come to its first write
	drained, failed  int
	final, aborted   bool
	pongs, compLocks int
}

var errBroken = errors.New("broken")

type mode int

const (
	batches   mode = iota
	compress       // the third sender's messages are compressed, and are not batched
	compress2      // and so are the first one's
	pings          // from the first one
	larges         // too
	modes
)

// Callbacks.

func (m *model) RemoteAddr() net.Addr { return nil }
func (m *model) Count(_, _ Count)     {}
func (m *model) StartTimer()          { m.check(m.out.timed, "a timer was started that nobody waits for") }
func (m *model) Drained()             { m.drained++ }
func (m *model) WriteFailed(err error) {
	m.failed++
	m.abort(err)
}

func (m *model) StartWriter() {
	m.check(!m.begun, "a second writer in the background was started")
	m.begun, m.entered = true, false
}

func (m *model) Compressing() sync.Locker { return m }
func (m *model) Lock()                    { m.compLocks++; m.check(m.compLocks == 1, "two compress at once") }
func (m *model) Unlock()                  { m.compLocks-- }

func (m *model) Compress(_, _, _ []byte, _, _ bool) ([]byte, bool) {
	m.nested()
	return nil, false
}

// Write is one that does not wait.
func (m *model) Write(p *transport.Slices, wait bool) (int, error) {
	head, body := p.Head, p.Body
	m.check(!wait && m.out.writer == sender, "a write without the right to")
	m.nested()
	return m.take(append(bytes.Clone(head), body...), transport.ErrWouldBlock)
}

// take takes all, a part, nothing or never again anything. It fails with short
// if that is not all.
func (m *model) take(p []byte, short error) (n int, err error) {
	m.check(len(p) > 0, "a write of nothing")
	switch what := m.pick(4); {
	case what == 0 || what == 1 && len(p) == 1:
		n = len(p)
	case what == 1:
		n, err = 1, short
	case what == 2:
		n, err = 0, short
		if short == nil {
			n = len(p) // one that waits takes at least a byte
		}
	default:
		err = errBroken
	}
	m.wire = append(m.wire, p[:n]...)
	m.logf("takes %d of %d, %v", n, len(p), err)
	return n, err
}

// nested has another event happen, or none.
func (m *model) nested() {
	if m.depth == 1 || m.events == 0 || m.pick(2) == 0 {
		return
	}
	m.depth++
	m.event()
	m.depth--
}

func (m *model) logf(format string, args ...any) {
	m.log = append(m.log, fmt.Sprintf("%*s", 2*m.depth, "")+fmt.Sprintf(format, args...))
}

func (m *model) check(ok bool, what string) {
	if !ok {
		m.t.Helper()
		for _, line := range m.log {
			m.t.Log(line)
		}
		m.t.Fatal(what)
	}
}

// event brings about one of the events that are possible.
func (m *model) event() {
	m.events--
	m.takeIn()
	var possible []func()
	for i := range m.senders {
		s := &m.senders[i]
		switch {
		case s.within:
		case s.waits != nil && s.waits.frame.Compress && answered(s.waits):
			if m.compLocks == 0 {
				possible = append(possible, func() { m.goOn(s) })
			}
		case s.waits != nil:
			possible = append(possible, func() { m.withdraw(s) })
		default:
			possible = append(possible, func() { m.put(s) })
		}
	}
	possible = append(possible, m.pong, func() { m.close(true) }, func() { m.close(false) },
		func() { m.abort(net.ErrClosed) }, func() { m.logf("idle"); m.out.Idle(m.callbacks(), Count{}, false) },
		func() { m.logf("idle in a batch"); m.out.Idle(m.callbacks(), Count{}, true) })
	if m.out.timed {
		possible = append(possible, func() { m.logf("flush"); m.out.Flush(m.callbacks()) })
	}
	if m.begun {
		possible = append(possible, m.writeBehind)
	}
	possible[m.pick(len(possible))]()
	m.settle()
}

func (m *model) compresses(s *modelSender) bool {
	return s.id == 2 && (m.mode == compress || m.mode == compress2) || s.id == 0 && m.mode == compress2
}

func answered(w *waiter) bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

// put has a sender send its next frame.
func (m *model) put(s *modelSender) {
	s.within = true
	defer func() { s.within = false }()
	f := Frame{Opcode: frame.Binary, Fin: true, Data: fmt.Appendf(nil, "%d:%04d", s.id, s.sent)}
	f.Compress = m.compresses(s)
	switch {
	case s.id == 1:
		if f.Fin = s.openPart; f.Fin {
			f.Opcode = frame.Continuation
		}
	case s.id == 2:
		f.Batch = !f.Compress
	case m.mode == pings:
		f.Opcode = frame.Ping
	case m.mode == larges:
		f.Data = append(f.Data, filling...)
	}
	m.logf("sender %d puts %.9q", s.id, f.Data)
	if f.Compress && m.reserve(&f) {
		s.waits = &waiter{frame: f, done: make(chan struct{})}
		s.waits.finish(nil)
		return
	}
	do, err := m.out.Enqueue(m.callbacks(), &f)
	if err == ErrFull {
		s.waits, do = m.out.addWaiter(&f)
		m.logf("and waits")
		m.out.Perform(m.callbacks(), do)
		return
	}
	s.accept(m, &f, err)
	m.out.Perform(m.callbacks(), do)
}

// filling makes a payload a large one.
var filling = make([]byte, large)

// reserve is the half of Enqueue, for a frame to be compressed, after which others may
// come.
func (m *model) reserve(f *Frame) bool {
	m.out.mu.Lock()
	defer m.out.mu.Unlock()
	if m.out.queue.refused() != nil || !m.out.admitsLocked(f) {
		return false
	}
	m.out.reserveLocked(f)
	return true
}

// accept notes that a frame was queued, or refused.
func (s *modelSender) accept(m *model, f *Frame, err error) {
	if err != nil {
		m.check(m.final || m.aborted || m.failed > 0 || m.out.aborted, "refused while open: "+err.Error())
		return
	}
	s.sent++
	s.openPart = !f.Fin
	m.accepted = append(m.accepted, string(f.Data[:len("0:0000")]))
	m.size += f.size()
}

// goOn has a sender whose frame has space reserved compress and queue it.
func (m *model) goOn(s *modelSender) {
	s.within = true
	defer func() { s.within = false }()
	w := s.waits
	s.waits = nil
	err := w.err
	if err == nil {
		err = m.out.putCompressed(m.callbacks(), &w.frame)
	}
	m.logf("sender %d goes on: %v", s.id, err)
	s.accept(m, &w.frame, err)
}

func (m *model) withdraw(s *modelSender) {
	s.within = true
	defer func() { s.within = false }()
	m.logf("sender %d withdraws", s.id)
	w := s.waits
	do, ok := m.out.withdraw(w)
	m.check(ok, "a frame that waits could not be withdrawn")
	s.waits = nil
	m.out.Perform(m.callbacks(), do)
}

func (m *model) pong() {
	m.pongs++
	m.logf("pong")
	m.out.Perform(m.callbacks(), m.out.EnqueuePong([]byte{byte(m.pongs)}, false))
}

func (m *model) close(frame bool) {
	m.logf("final, with a frame: %v", frame)
	m.final = true
	if frame {
		m.out.PutFinal(m.callbacks(), nil, net.ErrClosed)
	} else {
		m.out.Finish(m.callbacks(), net.ErrClosed)
	}
}

func (m *model) abort(err error) {
	m.logf("abort: %v", err)
	m.aborted = true
	m.out.Abort(m.callbacks(), err)
}

// writeBehind is a step of the writer in the background: Run's loop, taken apart.
func (m *model) writeBehind() {
	var n int
	var err error
	if m.entered {
		m.check(m.out.writer == background, "the background writer writes without the right to")
		t := m.out.queue
		n, err = m.take(t.out.Bytes[t.written:], nil)
	}
	m.entered = true
	do := m.out.wrote(m.callbacks(), n, err)
	m.logf("background: %d", do)
	if m.begun = do == write; m.begun {
		return
	}
	switch do {
	case failed:
		m.WriteFailed(err)
	case drained:
		m.Drained()
	default:
		m.check(do == nothing, "an action that Run does not know")
	}
}

// takeIn notes what has become of those who wait.
func (m *model) takeIn() {
	for i := range m.senders {
		s := &m.senders[i]
		if w := s.waits; w != nil && answered(w) && (w.err != nil || !w.frame.Compress) {
			s.waits = nil
			s.accept(m, &w.frame, w.err)
		}
	}
}

// settle checks what holds whenever nobody is within a call.
func (m *model) settle() {
	m.takeIn()
	if m.depth > 0 {
		return
	}
	o := &m.out
	buffered := o.queue.buffered()
	m.check(o.writer != sender, "the right to write was not given back by a sender")
	m.check((o.writer == background) == m.begun || o.aborted, "the right to write and the background writer are apart")
	m.check(o.writer != background || buffered > 0 || o.aborted, "the right to write was taken without work")
	m.check(o.writer != nobody || buffered == 0 || o.timed, "what is queued will never leave")
	if o.queue == nil {
		return
	}
	m.check(o.queue.refusal == nil || len(o.queue.waiters) == 0, "somebody waits for what will never be")
	opens := false
	for _, w := range o.queue.waiters {
		if o.queue.mustWait(&w.frame) || opens && w.frame.Compress {
			opens = opens || !o.queue.open
			continue
		}
		m.check(!o.fitsLocked(&w.frame), "a frame waits that may go")
		break
	}
}

// quiesce lets everything run to its end, and checks what has come of it.
func (m *model) quiesce() {
	m.choices = new(choices) // only the first choice, by which everything is taken
	for range 1000 {
		switch s := &m.senders[1]; {
		case m.begun:
			m.writeBehind()
		case m.out.timed:
			m.out.Flush(m.callbacks())
		case s.openPart && s.waits == nil && !m.out.aborted && !m.final:
			m.put(s)
		case m.senders[0].waits != nil && answered(m.senders[0].waits):
			m.goOn(&m.senders[0])
		case m.senders[2].waits != nil && answered(m.senders[2].waits):
			m.goOn(&m.senders[2])
		default:
			m.settle()
			m.verify()
			return
		}
		m.settle()
	}
	m.check(false, "it does not come to rest")
}

func (m *model) verify() {
	for i := range m.senders {
		m.check(m.senders[i].waits == nil, fmt.Sprintf("sender %d waits for ever", i))
	}
	if m.out.aborted {
		m.check(m.drained <= 1, "drained more than once")
		m.verifyDropped()
		return
	}
	if m.final {
		m.check(m.drained == 1, fmt.Sprintf("drained %d times", m.drained))
	} else {
		m.check(m.drained == 0 && m.out.writer == nobody && m.out.queue == nil, "it is not idle at the end")
	}
	m.verifyWire()
}

// verifyWire checks that all that was accepted is on the wire, once, in each
// sender's order, whole and not mixed, and nothing behind a Close.
func (m *model) verifyWire() {
	var seen []string
	open, closed := false, false
	for rest := m.wire; len(rest) > 0; {
		op, size, fin := frame.Opcode(rest[0]&0xf), int(rest[1]&0x7f), rest[0]&0x80 != 0
		if size == 126 {
			size = int(rest[2])<<8 | int(rest[3])
			rest = rest[2:]
		}
		m.check(len(rest) >= 2+size, "a frame is cut off")
		m.check(!closed, "a frame behind Close")
		closed = op == frame.Close
		if !op.Control() {
			m.check(open == (op == frame.Continuation), "messages are mixed")
			open = !fin
		}
		if !op.Control() || op == frame.Ping {
			seen = append(seen, string(rest[2:2+len("0:0000")]))
		}
		rest = rest[2+size:]
	}
	for id := range m.senders {
		only := func(all []string) (own []string) {
			for _, p := range all {
				if p[0] == byte('0'+id) {
					own = append(own, p)
				}
			}
			return own
		}
		got, want := only(seen), only(m.accepted)
		m.check(slices.Equal(got, want), fmt.Sprintf("sender %d: on the wire %q, accepted %q", id, got, want))
	}
}

// verifyDropped checks that each byte of an accepted frame is on the wire or counted as
// dropped. Pongs, of 3 bytes, and a Close frame, of 2, may have been accepted too.
func (m *model) verifyDropped() {
	sum := len(m.wire) + m.out.Buffered()
	m.check(m.size <= sum && sum <= m.size+3*m.pongs+2,
		fmt.Sprintf("accepted %d bytes, wrote %d, %d are buffered", m.size, len(m.wire), m.out.Buffered()))
}

// callbacks is the model as Callbacks, whose Conn is the model too.
func (m *model) callbacks() Callbacks { return modelCallbacks{m} }

type modelCallbacks struct{ *model }

func (h modelCallbacks) Conn() transport.Conn { return h.model }

// runModel runs the model once, for so many events.
func runModel(t *testing.T, c *choices, events int) {
	m := &model{choices: c, t: t, events: events}
	m.out.Init(20, frame.Server)
	for i := range m.senders {
		m.senders[i].id = i
	}
	m.mode = mode(c.pick(int(modes)))
	if m.mode > compress && c.rng == nil {
		m.events-- // there are too many
	}
	m.out.inARow = uint8(c.pick(2) * sustainedAfter) // as if much had been sent already
	for m.events > 0 {
		m.event()
	}
	m.quiesce()
}

// TestModel takes every way in which three senders may put frames, wait and withdraw,
// the timer and the background writer come, the transport takes all, a part, nothing or
// fails, and the end comes: no more events than can be tried in full, and random ones
// far beyond.
func TestModel(t *testing.T) {
	defer func(real func() uint16) { micros = real }(micros)
	micros = func() uint16 { return 0 } // all that is sent is sent in a row
	t.Run("every sequence", func(t *testing.T) {
		events := 4
		switch {
		case os.Getenv("HANDSET_SOAK") != "":
			events = 5 // takes a minute
		case raced, testing.Short():
			events = 3
		}
		runs := 0
		for c := new(choices); ; runs++ {
			runModel(t, c, events)
			if !c.next() {
				break
			}
		}
		t.Log(runs, "sequences")
	})
	t.Run("random sequences", func(t *testing.T) {
		seeds := uint64(20_000)
		if raced {
			seeds = 2000
		}
		for seed := range seeds {
			runModel(t, &choices{rng: rand.New(rand.NewPCG(seed, 7))}, 8+int(seed%40))
		}
	})
}
