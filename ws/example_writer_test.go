package ws_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	"github.com/handset-go/handset/ws"
)

// A message whose parts are made one after the other can be sent as they come.
// The pieces need not end where characters do.
func ExampleSession_Continuation() {
	session, _, client := connect(&ws.Upgrader{})
	defer client.leave()

	ctx := context.Background()
	pieces := []ws.Message{
		{Kind: ws.FirstText, Data: []byte("hello, \xe4\xb8")},
		{Kind: ws.Continue, Data: []byte("\x96\xe7\x95")},
		{Kind: ws.Last, Data: []byte("\x8c")},
	}
	for _, piece := range pieces {
		if err := session.Continuation(ctx, piece.Kind, piece.Data); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("the client received", client.hear())
	fmt.Println(session.Continuation(ctx, ws.Last, nil))
	// Output:
	// the client received Text "hello, 世界"
	// ws: no fragmented message to continue
}

// A Writer is an io.Writer for one message: encoders write to it directly. The
// message ends with Close.
func ExampleSession_Writer() {
	session, _, client := connect(&ws.Upgrader{})
	defer client.leave()

	w := session.Writer(context.Background(), ws.Text)
	if err := json.NewEncoder(w).Encode(map[string]int{"answer": 42}); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println("the client received", client.hear())
	// Output: the client received Text "{\"answer\":42}\n"
}
