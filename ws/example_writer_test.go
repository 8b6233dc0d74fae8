package ws_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	"github.com/handset-go/handset/ws"
)

// A message whose fragments are made at different times can be sent as they are
// made. Fragments may end inside a character.
func ExampleSession_Continuation() {
	session, _, client := connect(&ws.Upgrader{})
	defer client.stop()

	ctx := context.Background()
	fragments := []ws.Message{
		{Kind: ws.FirstText, Data: []byte("hello, \xe4\xb8")},
		{Kind: ws.Continue, Data: []byte("\x96\xe7\x95")},
		{Kind: ws.Last, Data: []byte("\x8c")},
	}
	for _, fragment := range fragments {
		if err := session.Continuation(ctx, fragment.Kind, fragment.Data); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("the client received", client.next())
	fmt.Println(session.Continuation(ctx, ws.Last, nil))
	// Output:
	// the client received Text "hello, 世界"
	// ws: no fragmented message to continue
}

// A Writer is an io.Writer for one message: encoders can write to it directly.
// Its Close ends the message.
func ExampleSession_Writer() {
	session, _, client := connect(&ws.Upgrader{})
	defer client.stop()

	w := session.Writer(context.Background(), ws.Text)
	if err := json.NewEncoder(w).Encode(map[string]int{"answer": 42}); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println("the client received", client.next())
	// Output: the client received Text "{\"answer\":42}\n"
}
