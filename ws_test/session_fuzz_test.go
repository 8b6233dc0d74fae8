package ws_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// FuzzSession runs a whole session, on either side, by a script: what its peer sends, byte
// by byte or in frames, and takes, what the program calls, and how much time passes. The
// first bytes choose the options. Independent models say what the program must receive
// and what the peer, how the session must end, and that nothing is left of it.
func FuzzSession(f *testing.F) {
	for _, seed := range fuzzSeeds() {
		f.Add(seed.options, seed.script)
	}
	f.Fuzz(func(t *testing.T, options, script []byte) {
		if len(script) > 2000 {
			return // too slow
		}
		synctest.Test(t, func(t *testing.T) {
			in := fuzzInput(options)
			r := &fuzzRun{t: t, options: in.options()}
			r.begin(fuzzInput(script))
			r.play()
			r.finish()
			r.check()
			if t.Failed() {
				t.Log(r.options.String())
			}
		})
	})
}

// fuzzRun is a run of a session.
type fuzzRun struct {
	t        testing.TB
	options  *fuzzOptions
	script   fuzzInput
	conn     *fuzzConn
	peer     *fuzzPeer
	from     endpoint
	session  *ws.Session
	stream   *ws.MessageStream
	receiver *fuzzReceiver

	contexts [3]struct {
		context.Context
		cancel context.CancelFunc
	}
	writers  [2]*fuzzWriter
	prepared map[string]*ws.PreparedMessage
	settled  bool          // nothing has happened since all goroutines were blocked
	passed   time.Duration // since the beginning
	running  atomic.Int64  // calls that have not returned
	traced   fuzzTrace

	modelled   *model // of as many bytes of the peer
	modelledOf int

	mu       sync.Mutex
	calls    int // how often one has begun or returned
	sends    []*fuzzSend
	closing  bool // the program has closed the session, or a failed Writer may have
	shut     bool // all sessions were closed at once
	hindered bool // the peer has not taken all at once, or has reset the connection

	refusal      error // of the first send that was refused though nothing had closed the session
	refusedAfter int   // that many bytes of the peer
}

// errorf reports a failure. It does not end the run, which must end the session.
func (r *fuzzRun) errorf(format string, args ...any) {
	r.t.Helper()
	r.t.Errorf(format, args...)
}

// goes runs a call in a goroutine.
func (r *fuzzRun) goes(call func()) {
	r.running.Add(1)
	go func() {
		defer r.running.Add(-1)
		call()
	}()
}

// closes records that the session may be closed from now on.
func (r *fuzzRun) closes() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closing = true
}

// mayBeClosed reports whether sends may return ErrClosed.
func (r *fuzzRun) mayBeClosed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closing || r.shut || r.traced.closed() || r.session.Err() != nil || r.peerEnded()
}

// peerEnded reports whether the peer has ended a direction of the connection.
func (r *fuzzRun) peerEnded() bool {
	r.conn.mu.Lock()
	defer r.conn.mu.Unlock()
	return r.conn.ended || r.conn.deaf || r.conn.broken
}

// begin begins the session. What comes with the handshake is what the script's first steps
// send.
func (r *fuzzRun) begin(script fuzzInput) {
	o := r.options
	r.script, r.conn, r.prepared = script, newFuzzConn(), map[string]*ws.PreparedMessage{}
	r.peer = &fuzzPeer{conn: r.conn, on: o.on, most: o.most, window: o.agreement.peer}
	for range o.early % 4 {
		r.peerStep(&r.script)
	}
	early := r.conn.in[:0:0]
	if o.early&4 != 0 { // at most what a server has read ahead
		n := min(len(r.conn.in), 4096)
		early, r.conn.in = r.conn.in[:n:n], r.conn.in[n:]
	}
	r.conn.most, r.conn.space = o.most, o.space
	r.hindered = o.space < unlimited
	o.upgrader.Trace = r.traced.trace(o.early&8 == 0)
	r.from = o.on.endpoint(r.t, &o.upgrader)
	r.connect(early)
	r.stream.MaxFrameSize(o.maxFrame)
	if o.refuses {
		r.stream.RefuseData()
	}
	for i := range r.contexts {
		r.contexts[i].Context, r.contexts[i].cancel = context.WithCancel(context.Background())
	}
	r.receiver = &fuzzReceiver{run: r, view: r.stream, reading: make(chan struct{}, 1), owned: make(chan struct{})}
	r.receiver.echoes, r.receiver.stop = context.WithCancel(context.Background())
	if o.maxMessage > 0 {
		r.receiver.view = r.stream.Aggregate(o.maxMessage)
	}
	r.receiver.got = conversation{maxFrame: o.maxFrame, maxMessage: o.maxMessage, manualPong: o.upgrader.ManualPong}
	r.receiver.start()
}

func (r *fuzzRun) connect(early []byte) {
	if r.options.halfCloses {
		r.session, r.stream = r.options.begin(r.t, r.from, halfClosing{r.conn}, early)
	} else {
		r.session, r.stream = r.options.begin(r.t, r.from, r.conn, early)
	}
}

// context takes a context: one that does not end, one of those that may, or nil.
func (r *fuzzRun) context(in *fuzzInput) context.Context {
	switch b := in.byte(); {
	case b < 0x80:
		return context.Background()
	case b == 0xFF:
		return nil
	case b == 0xFE:
		return r.session.Context()
	default:
		return r.contexts[int(b)%len(r.contexts)].Context
	}
}

// play plays the script. Behind most steps it waits until nothing more happens.
func (r *fuzzRun) play() {
	for len(r.script) > 0 {
		op := r.script.byte()
		fuzzSteps[int(op&0x3F)%len(fuzzSteps)](r, &r.script)
		if r.settled = op&0x80 == 0; r.settled {
			synctest.Wait()
		}
	}
}

// finish ends the session, and waits until nothing is left of it.
func (r *fuzzRun) finish() {
	synctest.Wait()
	silent := r.options.ending == peerSilent
	if !silent {
		r.conn.change(func() { r.conn.space = unlimited })
	}
	r.passes(2 * time.Millisecond)
	r.checkSettled()
	r.end()
	r.receiver.finish()
	synctest.Wait()
	if !silent {
		r.conn.change(func() { r.conn.ended = true })
	}
	time.Sleep(10 * time.Minute) // all timeouts together take less
	synctest.Wait()
	select {
	case <-r.session.Done():
	default:
		r.errorf("the session does not end")
		_ = r.from.Close()
	}
	for _, ctx := range r.contexts {
		ctx.cancel()
	}
	synctest.Wait()
	if n := r.running.Load(); n != 0 {
		r.errorf("%d calls do not return", n)
	}
	r.peer.release()
}

// passes lets time pass.
func (r *fuzzRun) passes(d time.Duration) {
	synctest.Wait()
	r.passed += d
	time.Sleep(d)
	synctest.Wait()
}

// end ends the session as the options say.
func (r *fuzzRun) end() {
	switch r.options.ending {
	case peerCloses:
		r.peer.send(closeFrame(1001))
	case peerResets:
		r.resets()
	case programEnds, peerSilent:
		r.close(ws.CloseReason{Code: ws.CloseNormal})
		if r.options.ending == programEnds {
			synctest.Wait()
			r.peer.send(closeFrame(1000))
		}
	case allEnd:
		r.shuts()
		_ = r.from.Close()
	}
}

func (r *fuzzRun) resets() {
	r.hindered = true
	r.conn.reset()
}

func (r *fuzzRun) shuts() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shut = true
}

// close calls Close, which must return an error if the reason is not valid.
func (r *fuzzRun) close(reason ws.CloseReason) {
	valid := fuzzCloses(reason)
	if valid {
		r.closes()
	}
	if err := r.session.Close(reason); (err == nil) != valid {
		r.errorf("Close of %v returned %v", reason, err)
	}
}

// fuzzTrace counts the events of a session.
type fuzzTrace struct {
	begun, ended, sent, received, failed atomic.Int32
	pings                                atomic.Int32 // of the heartbeat, written
	session                              *ws.Session
	err                                  error
}

// closed reports whether a Close frame was sent, or the peer's was received.
func (c *fuzzTrace) closed() bool { return c.sent.Load()+c.received.Load()+c.ended.Load() > 0 }

func (c *fuzzTrace) trace(on bool) *ws.Trace {
	if !on {
		return nil
	}
	return &ws.Trace{
		SessionStart:  func(s *ws.Session) { c.begun.Add(1); c.session = s },
		SessionEnd:    func(_ *ws.Session, err error) { c.ended.Add(1); c.err = err },
		CloseSent:     func(*ws.Session, ws.CloseReason) { c.sent.Add(1) },
		CloseReceived: func(*ws.Session, ws.CloseReason) { c.received.Add(1) },
		ProtocolError: func(*ws.Session, *ws.ProtocolError) { c.failed.Add(1) },
	}
}

// once reports events that have happened more often than they can, or not at all.
func (c *fuzzTrace) once() error {
	if c.begun.Load() == 0 { // there was no Trace
		return nil
	}
	if c.begun.Load() != 1 || c.ended.Load() != 1 || c.sent.Load() > 1 || c.received.Load() > 1 || c.failed.Load() > 1 {
		return fmt.Errorf("traced: %d begun, %d ended, %d Close frames sent, %d received, %d violations",
			c.begun.Load(), c.ended.Load(), c.sent.Load(), c.received.Load(), c.failed.Load())
	}
	return nil
}
