package wsjson_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
)

func TestJSONOptions(t *testing.T) {
	const unknown, duplicate = "unknown field", "duplicate name"
	for _, test := range []struct {
		data, known, unique string // a part of the error of each option, or ""
	}{
		{`{"x":1,"y":2}`, "", ""},
		{` {"x":1} `, "", ""},
		{`{"x":1,"z":2}`, unknown, ""},
		{`{"x":1,"x":2}`, "", duplicate},
		{`{"x":1,"y":2,"x":1}`, "", duplicate},
		{`{"x":1,"\u0078":2}`, "", duplicate},
		{`{"x":1,"X":2}`, "", ""},
		{`{"z":{"a":1,"a":1}}`, unknown, duplicate},
		{`{"z":[{"a":1},{"a":1},{"b":[{}],"b":1}]}`, unknown, duplicate},
		{`{"z":[{"a":1},{"a":1}]}`, unknown, ""},
		{`{"z":1e999}`, unknown, ""},
		{`null`, "", ""},
		{`{"x":1} null`, "after top-level value", "after top-level value"},
		{``, "unexpected end", "unexpected end"},
		{" ", "unexpected end", "unexpected end"},
		{`{"x":`, "unexpected end", "unexpected end"},
		{strings.Repeat("[", 10_001), "exceeded max depth", "exceeded max depth"},
	} {
		codecs := map[string]wsjson.JSON[Move]{
			test.known: {DisallowUnknownFields: true}, test.unique: {DisallowDuplicateNames: true},
		}
		if test.known == test.unique {
			codecs[test.known] = wsjson.JSON[Move]{DisallowUnknownFields: true, DisallowDuplicateNames: true}
		}
		for want, codec := range codecs {
			_, err := codec.Unmarshal([]byte(test.data))
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%+v of %.30q: %v, want %q", codec, test.data, err, want)
			}
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%+v of %.30q: the error is an EOF", codec, test.data)
			}
		}
	}
}

func TestJSONAppend(t *testing.T) {
	b := append(make([]byte, 0, 100), "prefix "...)
	b, err := wsjson.JSON[Move]{}.Append(b, Move{1, 2})
	if err != nil || string(b) != `prefix {"x":1,"y":2}` {
		t.Errorf("appended %q, %v", b, err)
	}
	if b, err := (wsjson.JSON[func()]{}).Append(b, nil); err == nil || string(b) != `prefix {"x":1,"y":2}` {
		t.Errorf("appended %q, %v", b, err)
	}
	if b, err := (wsjson.JSON[string]{}).Append(nil, "after an error"); err != nil || string(b) != `"after an error"` {
		t.Errorf("appended %q, %v", b, err)
	}
}

// A value may be kept, although the data of its message is overwritten.
func TestJSONValueMayBeKept(t *testing.T) {
	type value struct {
		Raw    json.RawMessage
		Bytes  []byte
		String string
		Any    any
		Map    map[string]json.Number
	}
	const sent = `{"Raw":{"a":["raw"]},"Bytes":"Ynl0ZXM=","String":"string","Any":["any",{"k":"v"}],"Map":{"key":12345}}`
	for _, codec := range []wsjson.JSON[value]{{}, {DisallowUnknownFields: true, DisallowDuplicateNames: true}} {
		format := wsjson.With(codec)
		client, server := pair(t, nil)
		client.send(t, text(sent), text(sent), text(sent), text(strings.Repeat(" ", len(sent))))
		client.session.Close(ws.CloseReason{})
		var kept []value
		var using sync.WaitGroup
		for v, err := range format.All(t.Context(), server.stream) {
			if err == nil {
				kept = append(kept, v)
				using.Go(func() { checkJSON(t, v, sent) }) // during the next receive
			}
		}
		using.Wait()
		if len(kept) != 3 {
			t.Fatalf("received %d values", len(kept))
		}
		for _, v := range kept {
			checkJSON(t, v, sent)
		}
	}
}

func checkJSON(t *testing.T, v any, want string) {
	if got, err := json.Marshal(v); err != nil || string(got) != want {
		t.Errorf("a value has become %s, %v, want %s", got, err, want)
	}
}

// A json.RawMessage copies what it is given, also as the value itself.
func TestJSONRawMessageMayBeKept(t *testing.T) {
	client, server := pair(t, nil)
	client.send(t, text(`{"kept":1}`), text(`{"kept":2}`))
	kept, err := wsjson.Recv[json.RawMessage](t.Context(), server.stream)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = wsjson.Recv[json.RawMessage](t.Context(), server.stream)
	if string(kept) != `{"kept":1}` {
		t.Errorf("the value has become %s", kept)
	}
}
