package ws_test

import (
	"context"
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
	wire     fuzzWritten
	calls    int // how often one has begun or returned
	sends    []*fuzzSend
	closing  bool // the program has closed the session, or a failed Writer may have
	shut     bool // all sessions were closed at once
	beats    bool // the heartbeat has sent a Ping
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

// begin begins the session, behind steps of the script in which the peer sends.
func (r *fuzzRun) begin(script fuzzInput) {
	o := r.options
	r.script, r.conn, r.prepared = script, newFuzzConn(), map[string]*ws.PreparedMessage{}
	r.peer = &fuzzPeer{conn: r.conn, on: o.on, most: o.most, window: o.agreement.peer}
	for range o.early {
		r.peerStep(&r.script)
	}
	early := r.conn.in[:0:0]
	if o.ahead { // at most what a server's buffer holds
		n := min(len(r.conn.in), 4096)
		early, r.conn.in = r.conn.in[:n:n], r.conn.in[n:]
	}
	r.conn.most, r.conn.space = o.most, o.space
	r.hindered = o.space < unlimited
	o.upgrader.Trace = r.traced.trace(o.traced)
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
		if r.settled = op&withNext == 0; r.settled {
			synctest.Wait()
		}
	}
}

// passes lets time pass.
func (r *fuzzRun) passes(d time.Duration) {
	synctest.Wait()
	r.passed += d
	time.Sleep(d)
	synctest.Wait()
}
