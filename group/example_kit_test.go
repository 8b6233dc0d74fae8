package group_test

import (
	"context"
	"fmt"
	"log"

	"github.com/handset-go/handset/internal/exampletest"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// An exampleClient is the client of a session.
type exampleClient struct{ stream *ws.MessageStream }

// connected returns a session and its client.
func connected(t *exampletest.TB) (*ws.Session, exampleClient) {
	client, server := wstest.Pair(t, nil, nil)
	if err := server.Stream.Discard(); err != nil {
		log.Fatal(err)
	}
	return server.Session, exampleClient{client.Stream}
}

// next returns the next message that the client receives.
func (c exampleClient) next() string {
	msg, err := c.stream.Recv(context.Background())
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%v %q", msg.Kind, msg.Data)
}
