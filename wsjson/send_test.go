package wsjson_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
)

func TestSendEncodesAsJSON(t *testing.T) {
	client, server := pair(t, nil)
	for _, v := range []any{
		Move{1, 2}, &Move{1, 2}, (*Move)(nil), nil, "<a & b>", "\xff", 1.5, []byte("bytes"), map[string]int{"b": 1, "a": 2},
		json.RawMessage(` { "raw" : 1 } `), strings.Repeat("long", limit/5), []Move{},
	} {
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := wsjson.Send(t.Context(), server.session, v); err != nil {
			t.Fatal(err)
		}
		if err := wsjson.TrySend(server.session, v); err != nil {
			t.Fatal(err)
		}
		prepared, err := wsjson.Prepare(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := server.session.SendPrepared(t.Context(), prepared); err != nil {
			t.Fatal(err)
		}
		encoded, err := wsjson.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		server.send(t, encoded)
		for _, by := range []string{"Send", "TrySend", "Prepare", "Encode"} {
			msg, err := client.stream.Recv(t.Context())
			if err != nil || msg.Kind != ws.Text || string(msg.Data) != string(want) {
				t.Errorf("%s of %#v arrived as %v %q, %v, want %q", by, v, msg.Kind, msg.Data, err, want)
			}
		}
	}
}

func TestSendError(t *testing.T) {
	failed := errors.New("failed")
	infinite := wsjson.Format[float64]{}
	sends := map[string]func(*ws.Session) error{
		"Send of a value that JSON does not have": func(s *ws.Session) error {
			return infinite.Send(t.Context(), s, math.Inf(1))
		},
		"TrySend of a value that JSON does not have": func(s *ws.Session) error { return infinite.TrySend(s, math.Inf(1)) },
		"Prepare of a value that JSON does not have": func(*ws.Session) error {
			_, err := infinite.Prepare(math.Inf(1))
			return err
		},
		"Encode of a value that JSON does not have": func(*ws.Session) error {
			_, err := infinite.Encode(math.Inf(1))
			return err
		},
		"Send of a type that JSON does not have": func(s *ws.Session) error {
			return wsjson.Send(t.Context(), s, make(chan int))
		},
		"Send with a codec that fails": func(s *ws.Session) error {
			return wsjson.With(fakeCodec{ws.Text, failed}).Send(t.Context(), s, "value")
		},
		"Send with a codec that would close the session": func(s *ws.Session) error {
			return wsjson.With(fakeCodec{ws.Close, nil}).Send(t.Context(), s, "value")
		},
		"Send with a codec of no kind": func(s *ws.Session) error {
			return wsjson.With(fakeCodec{}).Send(t.Context(), s, "value")
		},
	}
	for name, send := range sends {
		t.Run(name, func(t *testing.T) {
			client, server := pair(t, nil)
			err := send(server.session)
			bad := asError(t, err)
			if bad.Data != nil || bad.Size != 0 || bad.Err == nil || errors.Unwrap(err) != bad.Err {
				t.Errorf("the error is %+v", bad)
			}
			if err := wsjson.Send(t.Context(), server.session, "next"); err != nil {
				t.Fatal(err)
			}
			if v, err := wsjson.Recv[string](t.Context(), client.stream); v != "next" || err != nil {
				t.Errorf("received %q, %v, want what was sent next", v, err)
			}
		})
	}
}

func TestSendPassesErrorsOfSession(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, server := pair(t, nil)
	if err := wsjson.Send(ended, server.session, 1); err != context.Canceled {
		t.Errorf("with a context that has ended: %v", err)
	}
	large := strings.Repeat("x", 40<<10) // the second one does not fit into the buffers of the connection and the session
	var err error
	for range 10 {
		if err = wsjson.TrySend(server.session, large); err != nil {
			break
		}
	}
	if err != ws.ErrBufferFull {
		t.Errorf("with a full buffer: %v", err)
	}
	if err := wsjson.With(fakeCodec{kind: ws.Text}).Send(t.Context(), server.session, "\xff"); err == nil {
		t.Error("text that is not UTF-8 was sent")
	}
	if err := server.session.Close(ws.CloseReason{}); err != nil {
		t.Fatal(err)
	}
	if err := wsjson.Send(t.Context(), server.session, 1); !errors.Is(err, ws.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// The message of Encode does not share the pooled buffer.
func TestEncodeOwnsData(t *testing.T) {
	first, err := wsjson.Encode("first")
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		_, _ = wsjson.Encode("other")
	}
	if string(first.Data) != `"first"` {
		t.Errorf("the data has become %s", first.Data)
	}
}
