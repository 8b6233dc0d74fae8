package ws_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/handset-go/handset/ws"
)

// tally counts what an echo has received from one client.
type tally struct {
	messages, chunks, bytes int
	pings, pongs            int
	closed                  ws.CloseReason
	err                     error
}

// tallyView is a way to receive.
type tallyView struct {
	name    string
	receive func(context.Context, *ws.MessageStream) iter.Seq2[ws.Message, error]
}

var tallyViews = []tallyView{
	{"whole messages", func(ctx context.Context, stream *ws.MessageStream) iter.Seq2[ws.Message, error] {
		return stream.Aggregate(2 << 20).All(ctx)
	}},
	{"chunks", func(ctx context.Context, stream *ws.MessageStream) iter.Seq2[ws.Message, error] {
		return stream.All(ctx)
	}},
}

// pingEvery is the number of messages after which the echo pings its client.
const pingEvery = 100

// talliedEcho runs an echo that sends the tally of each client when the client
// has gone.
func talliedEcho(t *testing.T, over transport, see tallyView) (*httptest.Server, <-chan tally) {
	return talliedEchoWith(t, over, see, &ws.Upgrader{})
}

// talliedEchoWith is talliedEcho with options.
func talliedEchoWith(t *testing.T, over transport, see tallyView, u *ws.Upgrader) (*httptest.Server, <-chan tally) {
	t.Helper()
	u = copyOptions(u)
	tallies := make(chan tally, 8)
	srv := serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, stream, err := u.Handle(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		tallies <- echoTallied(r.Context(), session, see.receive(context.Background(), stream))
	}))
	return srv, tallies
}

func echoTallied(ctx context.Context, session *ws.Session, received iter.Seq2[ws.Message, error]) (seen tally) {
	var pinged []string
	for msg, err := range received {
		if err == nil {
			err = seen.add(msg, &pinged)
		}
		switch {
		case err != nil:
		case msg.Kind == ws.Close:
			err = session.Close(msg.Reason)
		case msg.Kind != ws.Ping && msg.Kind != ws.Pong:
			if ends(msg.Kind) && seen.messages%pingEvery == 0 {
				payload := fmt.Sprintf("server ping %d", seen.messages)
				pinged = append(pinged, payload)
				err = session.Ping(ctx, []byte(payload))
			}
			err = errors.Join(err, session.Send(ctx, msg))
		}
		if err != nil {
			seen.err = err
			break
		}
	}
	_ = session.Close(ws.CloseReason{})
	return seen
}

// ends reports whether a message is at its end with a part of this kind.
func ends(k ws.Kind) bool { return k == ws.Text || k == ws.Binary || k == ws.Last }

// add counts what was received. A pong must answer the oldest ping.
func (seen *tally) add(msg ws.Message, pinged *[]string) error {
	seen.bytes += len(msg.Data)
	switch msg.Kind {
	case ws.Ping:
		seen.pings++
		seen.bytes -= len(msg.Data)
	case ws.Pong:
		seen.pongs++
		seen.bytes -= len(msg.Data)
		if len(*pinged) == 0 || (*pinged)[0] != string(msg.Data) {
			return fmt.Errorf("pong %q answers none of %q", msg.Data, *pinged)
		}
		*pinged = (*pinged)[1:]
	case ws.Close:
		seen.closed = msg.Reason
	default:
		seen.chunks++
		if ends(msg.Kind) {
			seen.messages++
		}
	}
	return nil
}

// expectTally compares all but the number of chunks, which depends on the reads and
// must only show which view it was.
func (see tallyView) expectTally(t *testing.T, got, want tally) {
	t.Helper()
	if whole := got.chunks == got.messages; whole != (see.name == "whole messages") {
		t.Errorf("the server saw %d messages in %d chunks", got.messages, got.chunks)
	}
	got.chunks = 0
	if got != want {
		t.Errorf("the server saw %+v, want %+v", got, want)
	}
}
