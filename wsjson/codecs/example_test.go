package codecs_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"time"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
	"github.com/handset-go/handset/wsjson/codecs"
	"google.golang.org/protobuf/types/known/durationpb"
)

var durations = wsjson.With(codecs.Protobuf[*durationpb.Duration]{})

// double answers each duration with twice as much.
func double(session *ws.Session, stream *ws.MessageStream) {
	ctx := session.Context()
	for d, err := range durations.All(ctx, stream.Aggregate(1<<10)) {
		if err != nil {
			return
		}
		if err := durations.Send(ctx, session, durationpb.New(2*d.AsDuration())); err != nil {
			return
		}
	}
}

// A server and a client that speak protocol buffers.
func ExampleProtobuf() {
	server := httptest.NewServer(ws.Handler(double))
	defer server.Close()
	ctx := context.Background()
	session, stream, err := ws.Dial(ctx, server.URL)
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close(ws.CloseReason{Code: ws.CloseNormal})

	if err := durations.Send(ctx, session, durationpb.New(21*time.Minute)); err != nil {
		log.Fatal(err)
	}
	d, err := durations.Recv(ctx, stream.Aggregate(1<<10))
	fmt.Println(d.AsDuration(), err)
	// Output: 42m0s <nil>
}

type Reading struct {
	Sensor string  `cbor:"1,keyasint"`
	Value  float64 `cbor:"2,keyasint"`
}

func ExampleCBOR() {
	readings := wsjson.With(codecs.CBOR[Reading]{})

	msg, err := readings.Encode(Reading{"outside", -3.5})
	fmt.Printf("%v % x %v\n", msg.Kind, msg.Data, err)
	fmt.Println(readings.Decode(msg))
	// Output:
	// Binary a2 01 67 6f 75 74 73 69 64 65 02 fb c0 0c 00 00 00 00 00 00 <nil>
	// {outside -3.5} <nil>
}
