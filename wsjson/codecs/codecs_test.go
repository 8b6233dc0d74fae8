package codecs_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
	"github.com/handset-go/handset/wsjson/codecs"
	"github.com/handset-go/handset/wstest"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

type reading struct {
	Sensor string    `json:"sensor"`
	At     time.Time `json:"at"`
	Values []float64 `json:"values"`
	Raw    []byte    `json:"raw"`
}

func TestCBORRoundTrip(t *testing.T) {
	at := time.Date(2024, 2, 29, 23, 59, 59, 123456789, time.UTC)
	for _, v := range []reading{
		{}, {"outside", at, []float64{-3.5, 0, 21}, []byte{0, 0xff}}, {Sensor: strings.Repeat("long", 1000)},
	} {
		got := roundTrip(t, wsjson.With(codecs.CBOR[reading]{}), v)
		if !got.At.Equal(v.At) {
			t.Errorf("the time became %v", got.At)
		}
		if got.At = v.At; !reflect.DeepEqual(got, v) {
			t.Errorf("%+v became %+v", v, got)
		}
	}
}

func TestProtobufRoundTrip(t *testing.T) {
	fields, err := structpb.NewStruct(map[string]any{"sensor": "outside", "values": []any{-3.5, 0.0, 21.0}})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []*structpb.Struct{fields, {}} {
		if got := roundTrip(t, wsjson.With(codecs.Protobuf[*structpb.Struct]{}), v); !proto.Equal(got, v) {
			t.Errorf("%v became %v", v, got)
		}
	}
	durations := wsjson.With(codecs.Protobuf[*durationpb.Duration]{})
	for _, d := range []time.Duration{0, -1, time.Hour + 1} {
		if got := roundTrip(t, durations, durationpb.New(d)); got.AsDuration() != d {
			t.Errorf("%v became %v", d, got.AsDuration())
		}
	}
	if got := roundTrip(t, durations, nil); got.AsDuration() != 0 {
		t.Errorf("nil became %v", got.AsDuration())
	}
}

// roundTrip sends v from a server to a client, in the three ways, and returns what the
// client receives.
func roundTrip[T any](t *testing.T, format wsjson.Format[T], v T) (got T) {
	t.Helper()
	client, server := wstest.Pair(t, nil, nil)
	prepared, err := format.Prepare(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		format.Send(t.Context(), server.Session, v), format.TrySend(server.Session, v),
		server.Session.SendPrepared(t.Context(), prepared),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	stream := client.Stream.Aggregate(1 << 20)
	for i := range 3 {
		next, err := format.Recv(t.Context(), stream)
		if err != nil {
			t.Fatal(err)
		}
		if got = next; i > 0 && reflect.TypeOf(got) != reflect.TypeOf(v) {
			t.Errorf("received a %T", got)
		}
	}
	return got
}

// Bad data is an *Error, which is not the end of the stream, and a good message follows.
func TestBadMessages(t *testing.T) {
	long := bytes.Repeat([]byte{0x81}, 40) // arrays in arrays
	for name, data := range map[string][]byte{
		"empty": {}, "truncated": {0x62, 'a'}, "trailing": {0x60, 0x60}, "another type": {0x01}, "not UTF-8": {0x61, 0xff},
		"many levels": long, "of undefined length": {0x7f}, "a reserved value": {0x1c},
	} {
		t.Run("CBOR that is "+name, func(t *testing.T) {
			testBad(t, wsjson.With(codecs.CBOR[string]{}), ws.Message{Kind: ws.Binary, Data: data}, "next")
		})
	}
	for name, data := range map[string][]byte{
		"truncated": {0x0a, 5, 'a'}, "of an unknown wire type": {0x0f}, "not UTF-8": {0x0a, 1, 0xff}, "of field 0": {0},
	} {
		t.Run("Protobuf that is "+name, func(t *testing.T) {
			format := wsjson.With(codecs.Protobuf[*wrapperspb.StringValue]{})
			testBad(t, format, ws.Message{Kind: ws.Binary, Data: data}, wrapperspb.String("next"))
		})
	}
	t.Run("text", func(t *testing.T) {
		testBad(t, wsjson.With(codecs.CBOR[string]{}), ws.Message{Kind: ws.Text, Data: []byte("aa")}, "next")
	})
}

func testBad[T any](t *testing.T, format wsjson.Format[T], msg ws.Message, next T) {
	client, server := wstest.Pair(t, nil, nil)
	if err := client.Session.Send(t.Context(), msg); err != nil {
		t.Fatal(err)
	}
	if err := format.Send(t.Context(), client.Session, next); err != nil {
		t.Fatal(err)
	}
	stream := server.Stream.Aggregate(1 << 20)
	v, err := format.Recv(t.Context(), stream)
	var bad *wsjson.Error
	if !errors.As(err, &bad) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("received %v, error %v", v, err)
	}
	if _, err := format.Recv(t.Context(), stream); err != nil {
		t.Errorf("the next message: %v", err)
	}
}

func TestCBORRefusesDuplicateKeys(t *testing.T) {
	data := []byte{0xa2, 0x61, 'a', 1, 0x61, 'a', 2}
	if v, err := (codecs.CBOR[map[string]int]{}).Unmarshal(data); err == nil {
		t.Errorf("decoded %v", v)
	}
}

// A value may be kept, although the data of its message is overwritten.
func TestValuesMayBeKept(t *testing.T) {
	t.Run("CBOR", func(t *testing.T) {
		type value struct {
			Raw    []byte
			String string
			Any    any
		}
		v := value{[]byte("raw"), "string", []any{"any", []byte("bytes")}}
		if kept := keep(t, wsjson.With(codecs.CBOR[value]{}), v); !reflect.DeepEqual(kept, v) {
			t.Errorf("%q has become %q", v, kept)
		}
	})
	t.Run("Protobuf", func(t *testing.T) {
		v := wrapperspb.Bytes([]byte("bytes"))
		if kept := keep(t, wsjson.With(codecs.Protobuf[*wrapperspb.BytesValue]{}), v); !proto.Equal(kept, v) {
			t.Errorf("%q has become %q", v, kept)
		}
	})
}

// keep sends v twice, receives both, and returns the first.
func keep[T any](t *testing.T, format wsjson.Format[T], v T) T {
	client, server := wstest.Pair(t, nil, nil)
	stream := server.Stream.Aggregate(1 << 20)
	var kept [2]T
	for i := range kept {
		if err := format.Send(t.Context(), client.Session, v); err != nil {
			t.Fatal(err)
		}
		var err error
		if kept[i], err = format.Recv(t.Context(), stream); err != nil {
			t.Fatal(err)
		}
	}
	return kept[0]
}
