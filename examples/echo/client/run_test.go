package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// result is what a run has printed and returned.
type result struct {
	out, reports bytes.Buffer
	err          error
}

// runWith runs the client with an input, connected to a server with the handler.
func runWith(t *testing.T, ctx context.Context, h http.Handler, in io.Reader) (r result) {
	t.Helper()
	server := wstest.NewServer(t, h)
	r.err = run(ctx, &ws.Dialer{HTTPClient: server.Client()}, server.URL, console{in, &r.out, &r.reports})
	return r
}

// endless returns an input that has no line and does not end before the test.
func endless(t *testing.T) io.Reader {
	in, out := io.Pipe()
	t.Cleanup(func() { _ = out.Close() })
	return in
}

// serve returns a handler with an Upgrader of its own, as tests in bubbles need it.
func serve(f func(*ws.Session, *ws.MessageStream)) http.Handler { return new(ws.Upgrader).Handler(f) }

func echo(session *ws.Session, stream *ws.MessageStream) {
	for msg, err := range stream.Aggregate(maxMessage).All(context.Background()) {
		if err == nil && (msg.Kind == ws.Text || msg.Kind == ws.Binary) {
			_ = session.Send(context.Background(), msg)
		}
	}
}

func TestRunPrintsAllAnswers(t *testing.T) {
	var lines strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&lines, "line %d\n", i)
	}
	for name, in := range map[string]string{
		"no line": "", "one line": "hello, 世界\n", "an empty line": "\n", "many lines": lines.String(),
		"a line of 1 MiB": strings.Repeat("x", 1<<20) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			r := runWith(t, t.Context(), serve(echo), strings.NewReader(in))
			if r.err != nil || r.out.String() != in {
				t.Errorf("printed %.100q, %v", &r.out, r.err)
			}
			if !strings.HasSuffix(r.reports.String(), "\nclose 1000 normal \n") {
				t.Errorf("reported %q", &r.reports)
			}
		})
	}
}

func TestRunInvalidInput(t *testing.T) {
	for name, test := range map[string]struct{ in, want string }{
		"not UTF-8": {"good\n\xff\n", "UTF-8"},
		"too long":  {"good\n" + strings.Repeat("x", maxMessage+1), "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			r := runWith(t, t.Context(), serve(echo), strings.NewReader(test.in))
			if r.err == nil || !strings.Contains(r.err.Error(), test.want) || r.out.String() != "good\n" {
				t.Errorf("printed %.100q, %v", &r.out, r.err)
			}
		})
	}
}

func TestRunPrintsKinds(t *testing.T) {
	r := runWith(t, t.Context(), serve(func(session *ws.Session, _ *ws.MessageStream) {
		ctx := context.Background()
		_ = session.Text(ctx, "text")
		_ = session.Binary(ctx, []byte{0, 0xff})
		_ = session.Ping(ctx, []byte("are you there?"))
		_ = session.Pong(ctx, []byte("unasked"))
		_ = session.Close(ws.CloseReason{Code: ws.CloseGoingAway, Description: "bye"})
	}), endless(t))
	if want := "text\n00ff\n"; r.err != nil || r.out.String() != want {
		t.Errorf("printed %q, %v, want %q", &r.out, r.err, want)
	}
	want := "connected, subprotocol \"\"\nPing \"are you there?\"\nPong \"unasked\"\nclose 1001 going away bye\n"
	if r.reports.String() != want {
		t.Errorf("reported %q, want %q", &r.reports, want)
	}
}

func TestRunServerCloses(t *testing.T) {
	for code, fails := range map[ws.CloseCode]bool{
		0: false, ws.CloseNormal: false, ws.CloseGoingAway: false,
		ws.ClosePolicyViolation: true, ws.CloseInternalError: true, 4000: true,
	} {
		t.Run(code.String(), func(t *testing.T) {
			r := runWith(t, t.Context(), serve(func(session *ws.Session, _ *ws.MessageStream) {
				_ = session.Close(ws.CloseReason{Code: code})
			}), endless(t))
			if (r.err != nil) != fails {
				t.Errorf("returned %v", r.err)
			}
		})
	}
}

func TestRunFails(t *testing.T) {
	upgrader := new(ws.Upgrader)
	for _, test := range []struct {
		name    string
		handler http.Handler
		want    string
	}{
		{"refused", http.NotFoundHandler(), "404"},
		{"connection lost", upgrader.Handler(func(*ws.Session, *ws.MessageStream) { _ = upgrader.Close() }), "EOF"},
		{"message too big", serve(func(session *ws.Session, stream *ws.MessageStream) {
			_ = session.Binary(context.Background(), make([]byte, maxMessage+1))
			for range stream.All(context.Background()) {
			}
		}), "too big"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := runWith(t, t.Context(), test.handler, endless(t))
			if r.err == nil || !strings.Contains(r.err.Error(), test.want) {
				t.Errorf("returned %v, want %s", r.err, test.want)
			}
		})
	}
}

func TestRunOutputFails(t *testing.T) {
	server := wstest.NewServer(t, serve(echo))
	_, out := io.Pipe()
	_ = out.Close()
	err := run(t.Context(), &ws.Dialer{HTTPClient: server.Client()}, server.URL, console{strings.NewReader("hello\n"), out, io.Discard})
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("returned %v", err)
	}
}

// Ctrl-C closes the session, and does not wait longer than the grace period.
func TestRunInterrupted(t *testing.T) {
	for _, test := range []struct {
		name    string
		answers bool
		took    time.Duration
		want    error
	}{
		{"the server answers", true, 0, nil},
		{"the server does not answer", false, gracePeriod, ws.ErrShutdown},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, interrupt := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, interrupt)
				began, tested := time.Now(), make(chan struct{})
				defer close(tested)
				r := runWith(t, ctx, serve(func(session *ws.Session, stream *ws.MessageStream) {
					if !test.answers {
						<-tested
					}
					echo(session, stream)
				}), endless(t))
				if took := time.Since(began) - time.Second; !errors.Is(r.err, test.want) || took != test.took {
					t.Errorf("returned %v after %v", r.err, took)
				}
			})
		})
	}
}
