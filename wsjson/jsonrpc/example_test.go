package jsonrpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson/jsonrpc"
)

type Sum struct {
	A int `json:"a"`
	B int `json:"b"`
}

func ExampleMethods_Serve() {
	methods := jsonrpc.Methods{
		"add": jsonrpc.Func(func(ctx context.Context, sum Sum) (int, error) { return sum.A + sum.B, nil }),
	}
	server := httptest.NewServer(ws.Handler(func(session *ws.Session, stream *ws.MessageStream) {
		if err := methods.Serve(session.Context(), session, stream.Aggregate(1<<20)); err != nil {
			log.Print(err)
		}
	}))
	defer server.Close()

	ctx := context.Background()
	session, stream, err := ws.Dial(ctx, server.URL)
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close(ws.CloseReason{Code: ws.CloseNormal})
	for _, request := range []string{
		`{"jsonrpc":"2.0","method":"add","params":{"a":1,"b":2},"id":1}`,
		`{"jsonrpc":"2.0","method":"divide","params":{"a":1,"b":2},"id":2}`,
	} {
		if err := session.Text(ctx, request); err != nil {
			log.Fatal(err)
		}
		msg, err := stream.Recv(ctx)
		fmt.Printf("%s %v\n", msg.Data, err)
	}
	// Output:
	// {"jsonrpc":"2.0","result":3,"id":1} <nil>
	// {"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":2} <nil>
}

// A method is called by Serve, with params in JSON.
func ExampleFunc() {
	sum := jsonrpc.Func(func(ctx context.Context, numbers []int) (total int, err error) {
		for _, n := range numbers {
			total += n
		}
		return total, nil
	})
	fmt.Println(sum(context.Background(), json.RawMessage(`[1,2,3]`)))
	fmt.Println(sum(context.Background(), json.RawMessage(`{"n":1}`)))
	// Output:
	// 6 <nil>
	// <nil> jsonrpc: Invalid params: json: cannot unmarshal object into Go value of type []int (-32602)
}

// The client receives an Error of a method, and nothing of other errors.
func ExampleError() {
	divide := jsonrpc.Func(func(ctx context.Context, n [2]int) (int, error) {
		if n[1] == 0 {
			return 0, &jsonrpc.Error{Code: 1, Message: "division by zero"}
		}
		return n[0] / n[1], nil
	})
	_, err := divide(context.Background(), json.RawMessage(`[1,0]`))
	var failed *jsonrpc.Error
	fmt.Println(errors.As(err, &failed), err)
	// Output: true jsonrpc: division by zero (1)
}
