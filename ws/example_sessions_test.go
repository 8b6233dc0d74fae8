package ws_test

import (
	"context"
	"fmt"

	"github.com/handset-go/handset/ws"
)

// A broadcast to all sessions.
func ExampleUpgrader_Sessions() {
	upgrader := new(ws.Upgrader)
	session, _, client := connect(upgrader)
	defer client.stop()

	for s := range upgrader.Sessions() {
		_ = s.TrySend(ws.Message{Kind: ws.Text, Data: []byte("to all")})
		fmt.Println("sent to the only session:", s == session)
	}
	fmt.Println("the client received", client.next())

	_ = session.Text(context.Background(), "to one")
	fmt.Println("the client received", client.next())
	// Output:
	// sent to the only session: true
	// the client received Text "to all"
	// the client received Text "to one"
}
