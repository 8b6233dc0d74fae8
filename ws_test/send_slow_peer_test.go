package ws_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// A kernel has room for megabytes, and reports room again only when a third
// of it is free: for a peer that reads steadily, but slowly, that takes far longer
// than WriteTimeout.
func TestSlowPeerKeepsSession(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const timeout = 3 * time.Second
	connectEach(t, func() *ws.Upgrader { return &ws.Upgrader{Options: ws.Options{WriteTimeout: timeout}} }, func(t *testing.T, p *pair) {
		sending := make(chan error, 1)
		ctx, stop := context.WithCancel(testContext(t))
		go func() {
			for {
				if err := p.session.Binary(ctx, make([]byte, 8<<10)); err != nil {
					sending <- err
					return
				}
			}
		}()
		slow := newPacedReader(t, p.br, 400<<10)
		for began, b := time.Now(), make([]byte, 4<<10); time.Since(began) < 5*timeout; {
			if _, err := slow.Read(b); err != nil {
				t.Fatalf("after %v: %v, %v", time.Since(began), err, p.session.Err())
			}
		}
		stop()
		if err := await(t, sending, "the sender's end"); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	})
}

func TestCloseWaitsForSlowPeer(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const timeout, size = 3 * time.Second, 24 << 20
	connectEach(t, func() *ws.Upgrader { return &ws.Upgrader{Options: ws.Options{CloseTimeout: timeout}} }, func(t *testing.T, p *pair) {
		payload := bytes.Repeat([]byte("0123456789abcdef"), size/16)
		if err := p.session.Binary(testContext(t), payload); err != nil {
			t.Fatal(err)
		}
		if err := p.session.Close(ws.CloseReason{Code: ws.CloseNormal}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		p.br.Reset(newPacedReader(t, p.conn, 2<<20))
		p.expect(opBinary, string(payload))
		p.expectClose(1000)
		if took := time.Since(began); took < 3*timeout {
			t.Fatalf("reading took %v, too short to prove anything", took)
		}
		await(t, p.session.Done(), "the end")
	})
}

func TestCloseOfStalledPeer(t *testing.T) {
	t.Parallel()
	const timeout = 200 * time.Millisecond
	connectEach(t, func() *ws.Upgrader { return &ws.Upgrader{Options: ws.Options{CloseTimeout: timeout}} }, func(t *testing.T, p *pair) {
		if err := p.session.Binary(testContext(t), make([]byte, 32<<20)); err != nil {
			t.Fatal(err)
		}
		_ = p.session.Close(ws.CloseReason{Code: ws.CloseNormal})
		await(t, p.session.Done(), "the end")
		if err := p.session.Err(); !errors.Is(err, ws.ErrCloseTimeout) {
			t.Fatal(err)
		}
	})
}

// A client that sends a request and closes its writing side at once, as scripts
// do, receives the response.
func TestHalfCloseSendsQueue(t *testing.T) {
	for _, size := range []int{5, 2 << 20} {
		for name, receive := range unbufferedViews {
			t.Run(fmt.Sprintf("%s,len=%d", name, size), func(t *testing.T) {
				connectEach(t, func() *ws.Upgrader { return &ws.Upgrader{} }, func(t *testing.T, p *pair) {
					answerBehindHalfClose(t, p, receive, strings.Repeat("x", size))
				})
			})
		}
	}
}

// A reader that is busy does not see the half-close; the background read does.
func TestHalfCloseWithBusyReader(t *testing.T) {
	payload := strings.Repeat("x", 8<<20)
	connectEach(t, func() *ws.Upgrader { return &ws.Upgrader{} }, func(t *testing.T, p *pair) {
		closed, release, ended := make(chan error, 1), make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			for range p.stream.All(context.Background()) {
				err := p.session.Text(context.Background(), payload)
				_ = p.session.Close(ws.CloseReason{Code: ws.CloseNormal})
				closed <- err
				<-release
			}
		}()
		p.send(opText, "question")
		if err := await(t, closed, "Close"); err != nil {
			t.Fatal(err)
		}
		if err := closeWrite(p.conn); err != nil {
			t.Fatal(err)
		}
		p.expect(opText, payload)
		p.expectClose(1000)
		await(t, p.session.Done(), "the end")
		close(release)
		await(t, ended, "the loop's end")
	})
}

func answerBehindHalfClose(t *testing.T, p *pair, receive func(*pair, func(ws.Message) error) error, answer string) {
	ended := make(chan error, 1)
	go func() {
		ended <- receive(p, func(ws.Message) error { return p.session.Text(context.Background(), answer) })
	}()
	p.write(masked(fin|opText, []byte("question")))
	if err := closeWrite(p.conn); err != nil {
		t.Fatal(err)
	}
	p.expect(opText, answer)
	p.expectEnd()
	if err := await(t, ended, "the stream's end"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	await(t, p.session.Done(), "the end")
	if err := p.session.Err(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	if err := p.session.Text(t.Context(), "late"); !errors.Is(err, ws.ErrClosed) {
		t.Fatalf("a send after it: %v", err)
	}
}

// A channel is read ahead of the application: the end may come before its answer,
// which is then refused, not lost.
func TestHalfCloseWithChan(t *testing.T) {
	connectEach(t, func() *ws.Upgrader { return &ws.Upgrader{} }, func(t *testing.T, p *pair) {
		messages := p.stream.Chan()
		p.write(masked(fin|opText, []byte("question")))
		if err := closeWrite(p.conn); err != nil {
			t.Fatal(err)
		}
		await(t, messages, "the question")
		switch err := p.session.Text(testContext(t), "answer"); {
		case err == nil:
			p.expect(opText, "answer")
		case !errors.Is(err, ws.ErrClosed):
			t.Fatal(err)
		}
		p.expectEnd()
	})
}

func TestHalfCloseOfStalledPeer(t *testing.T) {
	t.Parallel()
	const timeout = 200 * time.Millisecond
	connectEach(t, func() *ws.Upgrader { return &ws.Upgrader{Options: ws.Options{CloseTimeout: timeout}} }, func(t *testing.T, p *pair) {
		if err := p.session.Binary(testContext(t), make([]byte, 32<<20)); err != nil {
			t.Fatal(err)
		}
		if err := closeWrite(p.conn); err != nil {
			t.Fatal(err)
		}
		if _, err := p.stream.Recv(testContext(t)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
		await(t, p.session.Done(), "the end")
	})
}

// Sends whose contexts end while they wait leave nothing behind.
func TestSendsCancelledTogether(t *testing.T) {
	var waits sync.Map // a channel for each session, which are tested in parallel
	trace := &ws.Trace{BackpressureBegin: func(s *ws.Session) {
		waiting, _ := waits.Load(s)
		waiting.(chan struct{}) <- struct{}{}
	}}
	connectEach(t, func() *ws.Upgrader { return &ws.Upgrader{Options: ws.Options{Trace: trace}} }, func(t *testing.T, p *pair) {
		waiting := make(chan struct{}, 100)
		waits.Store(p.session, waiting)
		if err := p.session.Continuation(testContext(t), ws.FirstText, []byte("open ")); err != nil {
			t.Fatal(err)
		}
		ctx, withdraw := context.WithCancel(context.Background())
		withdrawn := make(chan error, 8)
		for range cap(withdrawn) {
			go func() { withdrawn <- p.session.Text(ctx, "never") }()
			await(t, waiting, "a send that waits")
		}
		withdraw()
		for range cap(withdrawn) {
			if err := await(t, withdrawn, "a sender's end"); err != context.Canceled {
				t.Fatal(err)
			}
		}
		if err := p.session.Continuation(testContext(t), ws.Last, []byte("and closed")); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"open ", "and closed"} {
			if f, err := p.next(); err != nil || string(f.payload) != want {
				t.Fatalf("%q, %v", f.payload, err)
			}
		}
		_ = p.session.Close(ws.CloseReason{Code: ws.CloseNormal})
		p.expectClose(1000)
	})
}
