package wsjson_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
)

// The session survives any document: it is a value or an *Error, and the next message is
// received.
func FuzzRecv(f *testing.F) {
	for _, test := range badMessages {
		f.Add(test.msg.Kind == ws.Text, test.msg.Data)
	}
	for _, document := range []string{`{"x":1,"y":2}`, `null`, `[[{"a":1,"a":{}}]]`, `"\ud800"`, "\ufeff{}", `1e999`, `{"X":1}`} {
		f.Add(true, []byte(document))
	}
	client, server := pair(f, nil)
	strict := wsjson.JSON[any]{DisallowUnknownFields: true, DisallowDuplicateNames: true}
	f.Fuzz(func(t *testing.T, isText bool, data []byte) {
		msg := ws.Message{Kind: ws.Binary, Data: data}
		if isText && utf8.Valid(data) {
			msg.Kind = ws.Text
		}
		fuzzRecv[Move](t, client, server, msg, wsjson.JSON[Move]{})
		plain, err := fuzzRecv[any](t, client, server, msg, wsjson.JSON[any]{})
		if v, strictErr := fuzzRecv(t, client, server, msg, strict); strictErr == nil && (err != nil || !reflect.DeepEqual(v, plain)) {
			t.Errorf("received %v, and without options %v, %v", v, plain, err)
		}
		raw, err := fuzzRecv[json.RawMessage](t, client, server, msg, nil)
		if valid := msg.Kind == ws.Text && json.Valid(data) && len(data) <= limit; (err == nil) != valid {
			t.Errorf("received %q, %v; valid: %t", raw, err, valid)
		}
	})
}

// fuzzRecv sends msg and another message. It receives both, and returns the first.
func fuzzRecv[T any](t *testing.T, client, server endpoint, msg ws.Message, codec wsjson.Codec[T]) (T, error) {
	t.Helper()
	client.send(t, msg, text(`"next"`))
	v, err := wsjson.With(codec).Recv(t.Context(), server.stream)
	if err != nil {
		asError(t, err)
	}
	if next, err := wsjson.Recv[string](t.Context(), server.stream); next != "next" || err != nil {
		t.Fatalf("received %q, %v next", next, err)
	}
	return v, err
}
