package ws_test

import (
	"context"
	"errors"
	"io"

	"github.com/handset-go/handset/ws"
)

// fuzzReceiver receives from a fuzzed session. One goroutine at a time does, which holds
// reading.
type fuzzReceiver struct {
	run     *fuzzRun
	view    view
	reading chan struct{}
	owner   string        // "Chan" or "Discard" once it has the stream for good
	owned   chan struct{} // closed then

	echoes context.Context // ends with the script, since the echo may wait for it
	stop   context.CancelFunc

	got      conversation
	resume   chan struct{} // what a paused program waits for; nil if it goes on
	lastPing string        // the last Ping delivered
	pinged   bool
}

// start begins to receive as the options say.
func (v *fuzzReceiver) start() {
	r := v.run
	switch reader := r.options.reader; reader {
	case recvReader, recvEcho:
		r.goes(func() {
			for v.recv(context.Background(), reader == recvEcho) {
				v.pause()
			}
		})
	case allReader, allEcho:
		r.goes(func() { v.loop(context.Background(), -1, reader == allEcho) })
	case chanReader:
		v.channel()
	case discarder:
		v.discard()
	}
}

// pause waits while the script says so, between two messages.
func (v *fuzzReceiver) pause() {
	v.run.mu.Lock()
	resume := v.resume
	v.run.mu.Unlock()
	if resume != nil {
		<-resume
	}
}

// mayAnswer reports whether the program may have messages to answer: those that the channel of
// Chan holds, those behind the one at which it has paused, or those that nobody receives.
func (v *fuzzReceiver) mayAnswer() bool {
	v.run.mu.Lock()
	defer v.run.mu.Unlock()
	return v.owner == "Chan" || v.resume != nil || len(v.reading) == 0
}

// pauses pauses the program, or lets it go on.
func (v *fuzzReceiver) pauses(pause bool) {
	v.run.mu.Lock()
	defer v.run.mu.Unlock()
	switch {
	case pause && v.resume == nil:
		v.resume = make(chan struct{})
	case !pause && v.resume != nil:
		close(v.resume)
		v.resume = nil
	}
}

// begins waits until nobody receives. It returns false if somebody does for good.
func (v *fuzzReceiver) begins() bool {
	select {
	case v.reading <- struct{}{}:
		return true
	case <-v.owned:
		return false
	}
}

// recv calls Recv, and reports whether the stream goes on.
func (v *fuzzReceiver) recv(ctx context.Context, echoes bool) bool {
	if !v.begins() {
		return false
	}
	msg, err := v.view.Recv(ctx)
	v.record(ctx, msg, err)
	msg = msg.Clone()
	<-v.reading
	if echoes && err == nil {
		v.echo(msg)
	}
	return err == nil || err == ws.ErrMessageTooBig
}

// loop receives n messages in a loop over All, or all if n is negative.
func (v *fuzzReceiver) loop(ctx context.Context, n int, echoes bool) {
	if !v.begins() {
		return
	}
	defer func() { <-v.reading }()
	for msg, err := range v.view.All(ctx) {
		v.record(ctx, msg, err)
		if echoes && err == nil {
			v.echo(msg.Clone())
		}
		v.pause()
		if n--; n == 0 {
			return
		}
	}
}

// echo sends a message back, or a chunk.
func (v *fuzzReceiver) echo(msg ws.Message) {
	first, ok := fuzzFirst[msg.Kind]
	if !ok || msg.Kind == ws.Ping || msg.Kind == ws.Pong {
		return
	}
	s := v.run.begins(first, msg.Data)
	err := v.run.session.Send(v.echoes, msg)
	v.run.returns(err, s)
}

// record records what a receive has returned.
func (v *fuzzReceiver) record(ctx context.Context, msg ws.Message, err error) {
	r := v.run
	r.mu.Lock()
	defer r.mu.Unlock()
	if msg.Kind == ws.Ping {
		v.lastPing, v.pinged = string(msg.Data), true
	}
	var failed *ws.ProtocolError
	switch {
	case err == nil, err == io.EOF, errors.As(err, &failed):
	case err == ctx.Err() && ctx.Err() != nil:
		return
	case err == ws.ErrConcurrentRecv && v.owner != "":
		return
	case err == ws.ErrMessageTooBig && r.options.maxMessage > 0:
	case errors.Is(err, io.ErrUnexpectedEOF):
	default:
		r.t.Errorf("a receive returned %v", err)
	}
	if v.got.err == nil {
		v.got.record(msg, err)
	} else if err == nil {
		r.t.Errorf("%v was received after %v", msg.Kind, v.got.err)
	}
}

// owns makes Chan or Discard the reader for good, unless there is one.
func (v *fuzzReceiver) owns(owner string) bool {
	select {
	case v.reading <- struct{}{}:
		v.run.mu.Lock()
		defer v.run.mu.Unlock()
		v.owner = owner
		close(v.owned)
		return true
	default:
		return false
	}
}

// channel receives from the channel of Chan, and owns what it receives.
func (v *fuzzReceiver) channel() {
	if !v.owns("Chan") {
		return
	}
	v.got.view = byChan
	messages := v.view.Chan()
	v.run.goes(func() {
		for msg := range messages {
			v.record(context.Background(), msg, nil)
			for i := range msg.Data {
				msg.Data[i] ^= 0xFF
			}
			v.pause()
		}
		err := v.view.Err()
		v.run.mu.Lock()
		defer v.run.mu.Unlock()
		v.got.end(err)
	})
}

func (v *fuzzReceiver) discard() {
	if !v.owns("Discard") {
		return
	}
	if err := v.run.stream.Discard(); err != nil {
		v.run.errorf("Discard returned %v", err)
	}
}

// receiveStep receives one message or some, in one of the ways.
func (v *fuzzReceiver) receiveStep(in *fuzzInput) {
	r, how := v.run, in.byte()
	ctx := r.context(in)
	if ctx == nil {
		ctx = context.Background()
	}
	switch how % 8 {
	case 0, 1, 2:
		r.goes(func() { v.recv(ctx, how&8 != 0) })
	case 3, 4:
		r.goes(func() { v.loop(ctx, 1+int(how>>4), how&8 != 0) })
	case 5:
		v.pauses(how&8 == 0)
	case 6:
		v.channel()
	default:
		if how&8 != 0 {
			v.intrude()
			return
		}
		v.discard()
	}
}

// intrude is a second reader.
func (v *fuzzReceiver) intrude() {
	r := v.run
	if !r.settled || r.mayBeClosed() || len(v.reading) == 0 || v.resume != nil {
		return
	}
	if msg, err := v.view.Recv(context.Background()); err == nil {
		r.errorf("a second reader received %v", msg.Kind)
	}
}

// finish receives to the end of the stream, if nobody else does.
func (v *fuzzReceiver) finish() {
	v.pauses(false)
	v.stop()
	if v.owner == "" {
		v.run.goes(func() {
			for v.recv(context.Background(), false) {
			}
		})
	}
}
