package ws_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
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

// A Close that is deferred as well does nothing more than say so, and closes
// the message when the function returns early.
func ExampleSession_Writer_deferred() {
	session, _, client := connect(&ws.Upgrader{})
	defer client.leave()

	report := func(text string) error {
		w := session.Writer(context.Background(), ws.Binary)
		defer w.Close()
		z := gzip.NewWriter(w)
		if _, err := io.WriteString(z, text); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
		return w.Close()
	}
	if err := report("hello"); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("the client received %.12s…\n", client.hear())
	// Output: the client received Binary 1f 8b…
}
