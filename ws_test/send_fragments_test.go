package ws_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/ws"
)

func TestContinuationSendsFragments(t *testing.T) {
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			p := connectOver(t, over, &ws.Upgrader{})
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
	p := connect(t, &ws.Upgrader{})
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
}
