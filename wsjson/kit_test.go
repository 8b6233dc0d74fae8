package wsjson_test

import (
	"errors"
	"testing"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
	"github.com/handset-go/handset/wstest"
)

// limit is the size up to which the streams of the tests receive messages.
const limit = 1 << 10

// endpoint is one end of a connection. Its stream yields whole messages.
type endpoint struct {
	session *ws.Session
	stream  *ws.AggregatedStream
}

// pair returns the two ends of a connection. u may be nil.
func pair(tb testing.TB, u *ws.Upgrader) (client, server endpoint) {
	tb.Helper()
	c, s := wstest.Pair(tb, u, nil)
	return endpoint{c.Session, c.Stream.Aggregate(limit)}, endpoint{s.Session, s.Stream.Aggregate(limit)}
}

// send sends messages, from the point of view of a peer that does not use the package.
func (e endpoint) send(tb testing.TB, messages ...ws.Message) {
	tb.Helper()
	for _, msg := range messages {
		if err := e.session.Send(tb.Context(), msg); err != nil {
			tb.Fatal(err)
		}
	}
}

func text(s string) ws.Message   { return ws.Message{Kind: ws.Text, Data: []byte(s)} }
func binary(s string) ws.Message { return ws.Message{Kind: ws.Binary, Data: []byte(s)} }

// asError returns err as an *Error. It fails the test if it is none.
func asError(tb testing.TB, err error) *wsjson.Error {
	tb.Helper()
	var bad *wsjson.Error
	if !errors.As(err, &bad) {
		tb.Fatalf("the error is %v, want an *Error", err)
	}
	return bad
}

// fakeCodec is a codec whose methods return its fields.
type fakeCodec struct {
	kind ws.Kind
	err  error
}

func (c fakeCodec) Kind() ws.Kind { return c.kind }

func (c fakeCodec) Append(b []byte, v string) ([]byte, error) { return append(b, v...), c.err }

func (c fakeCodec) Unmarshal(data []byte) (string, error) { return string(data), c.err }
