package wsjson_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"log"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
)

// Gob is a codec of package encoding/gob.
type Gob[T any] struct{}

func (Gob[T]) Kind() ws.Kind { return ws.Binary }

func (Gob[T]) Append(b []byte, v T) ([]byte, error) {
	buf := bytes.NewBuffer(b)
	err := gob.NewEncoder(buf).Encode(v)
	return buf.Bytes(), err
}

func (Gob[T]) Unmarshal(data []byte) (v T, err error) {
	r := bytes.NewReader(data)
	if err = gob.NewDecoder(r).Decode(&v); err == nil && r.Len() > 0 {
		err = fmt.Errorf("gob: %d bytes after the value", r.Len())
	}
	return v, err
}

// A codec of your own has three methods.
func ExampleCodec() {
	client, server, disconnect := connect()
	defer disconnect()
	ctx := context.Background()

	moves := wsjson.With(Gob[Move]{})
	_ = moves.Send(ctx, client.session, Move{1, 2})
	fmt.Println(moves.Recv(ctx, server.stream))

	_ = client.session.Text(ctx, "hello")
	_, err := moves.Recv(ctx, server.stream)
	fmt.Println(err)
	// Output:
	// {1 2} <nil>
	// wsjson: cannot decode Text message of 5 bytes: want a Binary message
}

// strict receives and sends moves that have no unknown fields.
var strict = wsjson.With(wsjson.JSON[Move]{DisallowUnknownFields: true})

func ExampleWith() {
	client, server, disconnect := connect()
	defer disconnect()
	ctx := context.Background()

	_ = client.session.Text(ctx, `{"x":1,"z":2}`)
	_, err := strict.Recv(ctx, server.stream)
	fmt.Println(err)
	// Output: wsjson: cannot decode Text message of 13 bytes: json: unknown field "z"
}

func ExampleFormat_Send() {
	client, server, disconnect := connect()
	defer disconnect()
	ctx := context.Background()

	if err := strict.Send(ctx, server.session, Move{1, 2}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(strict.Recv(ctx, client.stream))
	// Output: {1 2} <nil>
}

func ExampleFormat_TrySend() {
	client, server, disconnect := connect()
	defer disconnect()

	if err := strict.TrySend(server.session, Move{1, 2}); err != nil {
		log.Fatal(err) // ws.ErrBufferFull, for example
	}
	fmt.Println(strict.Recv(context.Background(), client.stream))
	// Output: {1 2} <nil>
}

func ExampleFormat_Prepare() {
	client, server, disconnect := connect()
	defer disconnect()

	prepared, err := strict.Prepare(Move{1, 2})
	if err != nil {
		log.Fatal(err)
	}
	_ = server.session.TrySendPrepared(prepared)
	fmt.Println(strict.Recv(context.Background(), client.stream))
	// Output: {1 2} <nil>
}

func ExampleFormat_Encode() {
	msg, err := strict.Encode(Move{1, 2})
	fmt.Printf("%v %s %v\n", msg.Kind, msg.Data, err)
	// Output: Text {"x":1,"y":2} <nil>
}

func ExampleFormat_Decode() {
	fmt.Println(strict.Decode(ws.Message{Kind: ws.Text, Data: []byte(`{"x":1,"y":2}`)}))
	// Output: {1 2} <nil>
}

func ExampleFormat_Recv() {
	client, server, disconnect := connect()
	defer disconnect()
	ctx := context.Background()

	_ = client.session.Text(ctx, `{"x":1,"y":2}`)
	fmt.Println(strict.Recv(ctx, server.stream))
	// Output: {1 2} <nil>
}

func ExampleFormat_All() {
	client, server, disconnect := connect()
	defer disconnect()
	ctx := context.Background()

	_ = client.session.Text(ctx, `{"x":1,"y":2}`)
	_ = client.session.Text(ctx, `{"x":1,"z":2}`)
	_ = client.session.Close(ws.CloseReason{})
	for move, err := range strict.All(ctx, server.stream) {
		fmt.Println(move, err)
	}
	// Output:
	// {1 2} <nil>
	// {0 0} wsjson: cannot decode Text message of 13 bytes: json: unknown field "z"
}

func ExampleFormat_RecvMessage() {
	client, server, disconnect := connect()
	defer disconnect()
	ctx := context.Background()

	_ = client.session.Text(ctx, `{"x":1,"z":2}`)
	msg, err := strict.RecvMessage(ctx, server.stream)
	fmt.Printf("%v %s\n%v\n", msg.Kind, msg.Data, err)
	// Output:
	// Text {"x":1,"z":2}
	// wsjson: cannot decode Text message of 13 bytes: json: unknown field "z"
}

func ExampleFormat_AllMessages() {
	client, server, disconnect := connect()
	defer disconnect()
	ctx := context.Background()

	_ = client.session.Text(ctx, `{"x":1,"y":2}`)
	_ = client.session.Close(ws.CloseReason{Code: ws.CloseGoingAway})
	for msg, err := range strict.AllMessages(ctx, server.stream) {
		fmt.Println(msg.Kind, msg.Value, msg.Reason.Code, err)
	}
	// Output:
	// Text {1 2} 0 no status <nil>
	// Close {0 0} 1001 going away <nil>
}

func ExampleJSON() {
	moves := wsjson.With(wsjson.JSON[Move]{DisallowUnknownFields: true, DisallowDuplicateNames: true})
	for _, text := range []string{`{"x":1,"y":2}`, `{"x":1,"z":2}`, `{"x":1,"x":2}`, `{"x":1}{"x":2}`} {
		_, err := moves.Decode(ws.Message{Kind: ws.Text, Data: []byte(text)})
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// wsjson: cannot decode Text message of 13 bytes: json: unknown field "z"
	// wsjson: cannot decode Text message of 13 bytes: duplicate name "x"
	// wsjson: cannot decode Text message of 14 bytes: invalid character '{' after top-level value
}

func ExampleJSON_Kind() {
	fmt.Println(wsjson.JSON[Move]{}.Kind())
	// Output: Text
}

func ExampleJSON_Append() {
	b, err := wsjson.JSON[Move]{}.Append([]byte("move: "), Move{1, 2})
	fmt.Printf("%s %v\n", b, err)
	// Output: move: {"x":1,"y":2} <nil>
}

func ExampleJSON_Unmarshal() {
	fmt.Println(wsjson.JSON[Move]{}.Unmarshal([]byte(`{"x":1,"y":2}`)))
	// Output: {1 2} <nil>
}
