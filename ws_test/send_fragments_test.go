package ws_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/handset-go/handset/ws"
)

func TestContinuationSendsFragments(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for _, over := range transports {
			t.Run(over.name, func(t *testing.T) {
				p := on.connectOver(t, over, &ws.Upgrader{})
				s, ctx := p.session, testContext(t)
				if err := errors.Join(
					s.Continuation(ctx, ws.FirstText, []byte("one \xc3")),
					s.Send(ctx, ws.Message{Kind: ws.Continue, Data: []byte("\xa9")}),
					s.Continuation(ctx, ws.Continue, nil),
					s.TrySend(ws.Message{Kind: ws.Last, Data: []byte(" two")}),
					s.Continuation(ctx, ws.FirstBinary, []byte("\xff")),
					s.Continuation(ctx, ws.Last, nil),
				); err != nil {
					t.Fatal(err)
				}
				expectFrames(t, p.client, serverFrame{opText, []byte("one \xc3")}, serverFrame{opContinuation, []byte("\xa9")},
					serverFrame{opContinuation, nil}, serverFrame{fin | opContinuation, []byte(" two")},
					serverFrame{opBinary, []byte("\xff")}, serverFrame{fin | opContinuation, nil})
			})
		}
	})
}

// While a message is open, other data messages wait and control frames pass.
func TestContinuationHoldsBackOtherData(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		s, ctx := p.session, t.Context()
		if err := s.Continuation(ctx, ws.FirstText, []byte("begin")); err != nil {
			t.Fatal(err)
		}
		for _, kind := range []ws.Kind{ws.Text, ws.Binary, ws.FirstText, ws.FirstBinary} {
			if err := s.TrySend(ws.Message{Kind: kind}); err != ws.ErrBufferFull {
				t.Fatalf("TrySend of %v returned %v", kind, err)
			}
		}
		sent := make(chan error, 2)
		for _, send := range []func() error{
			func() error { return s.Text(ctx, "text") },
			func() error {
				w := s.Writer(ctx, ws.Binary)
				_, err := w.Write(make([]byte, 20_000))
				return errors.Join(err, w.Close())
			},
		} {
			go func() { sent <- send() }()
			synctest.Wait()
		}
		if len(sent) > 0 {
			t.Fatalf("a send did not wait for the open message's end: %v", <-sent)
		}
		if err := errors.Join(s.Ping(ctx, []byte("ping")), s.Pong(ctx, []byte("pong")), s.Continuation(ctx, ws.Last, []byte("end"))); err != nil {
			t.Fatal(err)
		}
		expectFrames(t, p.client, serverFrame{opText, []byte("begin")}, serverFrame{fin | opPing, []byte("ping")},
			serverFrame{fin | opPong, []byte("pong")}, serverFrame{fin | opContinuation, []byte("end")},
			serverFrame{fin | opText, []byte("text")}, serverFrame{opBinary, make([]byte, 16<<10)},
			serverFrame{fin | opContinuation, make([]byte, 20_000-16<<10)})
		if err := errors.Join(<-sent, <-sent); err != nil {
			t.Fatal(err)
		}
	})
}

// A wait for an open message ends with its context or the session.
func TestContinuationWaitEnds(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		s := p.session
		if err := s.Continuation(t.Context(), ws.FirstText, []byte("begin")); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		withdrawn, closed := make(chan error, 1), make(chan error, 1)
		go func() { withdrawn <- s.Text(ctx, "withdrawn") }()
		go func() { closed <- s.Text(context.Background(), "closed") }()
		synctest.Wait()
		cancel()
		if err := <-withdrawn; err != context.Canceled {
			t.Fatalf("the send whose context ended returned %v", err)
		}
		if err := s.Close(ws.CloseReason{Code: 4000}); err != nil {
			t.Fatal(err)
		}
		if err := <-closed; !errors.Is(err, ws.ErrClosed) {
			t.Fatalf("the send that waited during Close returned %v", err)
		}
		expectFrames(t, p.client, serverFrame{opText, []byte("begin")}, serverFrame{fin | opClose, closePayload(4000, "")})
	})
}

// A bad fragment is refused, and the message may go on.
func TestContinuationRefusesBadFragment(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		p := on.connect(t, &ws.Upgrader{})
		s, ctx := p.session, testContext(t)
		if err := s.Continuation(ctx, ws.FirstText, []byte("\xc3")); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"x", "\xff", "\xa9\xff"} {
			if err := s.Continuation(ctx, ws.Continue, []byte(bad)); err == nil {
				t.Fatalf("fragment %q was accepted", bad)
			}
		}
		if err := s.Continuation(ctx, ws.Last, nil); err == nil {
			t.Fatal("the message could end inside a character")
		}
		if err := s.Continuation(ctx, ws.Last, []byte("\xa9")); err != nil {
			t.Fatal(err)
		}
		expectFrames(t, p.client, serverFrame{opText, []byte("\xc3")}, serverFrame{fin | opContinuation, []byte("\xa9")})
	})
}

// A bad fragment is refused at once, also when the queue is full, and does not keep
// others waiting.
func TestContinuationRefusesBadFragmentAtOnce(t *testing.T) {
	inSynctest(t, &ws.Upgrader{Options: ws.Options{SendBuffer: 100}}, func(t *testing.T, p *pair) {
		s, ctx := p.session, t.Context()
		first := []byte("\xc3\xa9" + strings.Repeat("x", 200))
		if err := s.Continuation(ctx, ws.FirstText, first); err != nil {
			t.Fatal(err)
		}
		if err := s.TrySend(ws.Message{Kind: ws.Continue, Data: []byte("y")}); err != ws.ErrBufferFull {
			t.Fatalf("TrySend returned %v", err)
		}
		if err := s.Continuation(ctx, ws.Continue, []byte("\xff")); err == nil {
			t.Fatal("a bad fragment was sent")
		}
		ended, cancel := context.WithCancel(ctx)
		withdrawn := make(chan error, 1)
		go func() { withdrawn <- s.Continuation(ended, ws.Last, []byte("withdrawn")) }()
		synctest.Wait()
		cancel()
		if err := <-withdrawn; err != context.Canceled {
			t.Fatalf("the fragment whose context ended returned %v", err)
		}
		sent := make(chan error, 1)
		go func() {
			sent <- errors.Join(s.Continuation(ctx, ws.Continue, []byte("\xc3")), s.Continuation(ctx, ws.Last, []byte("\xa9")))
		}()
		expectFrames(t, p.client, serverFrame{opText, first}, serverFrame{opContinuation, []byte("\xc3")}, serverFrame{fin | opContinuation, []byte("\xa9")})
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
	})
}

// A fragment of a closed session is ErrClosed, whatever else is wrong with it.
func TestContinuationAfterClose(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		p := on.connect(t, &ws.Upgrader{})
		s, ctx := p.session, testContext(t)
		w := s.Writer(ctx, ws.Text)
		if err := errors.Join(s.Continuation(ctx, ws.FirstText, nil), s.Close(ws.CloseReason{})); err != nil {
			t.Fatal(err)
		}
		_, written := w.Write(bytes.Repeat([]byte("\xff"), 20_000))
		for name, err := range map[string]error{
			"not UTF-8":            s.Continuation(ctx, ws.Continue, []byte("\xff")),
			"a first, not UTF-8":   s.TrySend(ws.Message{Kind: ws.FirstText, Data: []byte("\xff")}),
			"nothing wrong":        s.Continuation(ctx, ws.Last, nil),
			"written, not UTF-8":   written,
			"no message to go on":  s.TrySend(ws.Message{Kind: ws.Last}),
			"another, and no more": s.Continuation(ctx, ws.FirstBinary, nil),
		} {
			if !errors.Is(err, ws.ErrClosed) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// Goroutines that continue messages that others have begun get errors, but what they
// send is whole messages of UTF-8.
func TestContinuationMisused(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		const senders, each = 8, 500
		p := on.connect(t, &ws.Upgrader{Options: ws.Options{SendBuffer: 200}})
		var group sync.WaitGroup
		for sender := range senders {
			group.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(sender), 11))
				for range each {
					msg := []ws.Message{
						{Kind: ws.FirstText, Data: []byte("\xc3")}, {Kind: ws.Continue, Data: []byte("\xa9")},
						{Kind: ws.Last}, {Kind: ws.Last, Data: []byte("\xff")}, {Kind: ws.Binary, Data: []byte("\xff")}, {Kind: ws.Ping},
					}[rng.IntN(6)]
					ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rng.IntN(1000))*time.Microsecond)
					if rng.IntN(2) == 0 {
						_ = p.session.TrySend(msg)
					} else {
						_ = p.session.Send(ctx, msg)
					}
					cancel()
				}
			})
		}
		go func() {
			group.Wait()
			_ = p.session.Close(ws.CloseReason{Code: 4000})
		}()
		var text []byte
		open := false
		for {
			got, err := p.next()
			if err != nil {
				t.Fatal(err)
			}
			switch got.first {
			case opText, fin | opBinary:
				if open {
					t.Fatal("a message began within another")
				}
				open, text = got.first == opText, got.payload
			case opContinuation, fin | opContinuation:
				if !open {
					t.Fatal("a fragment of no message")
				}
				text = append(text, got.payload...)
				if open = got.first == opContinuation; !open && !utf8.Valid(text) {
					t.Fatalf("a text of %q", text)
				}
			case fin | opClose:
				return
			}
		}
	})
}
