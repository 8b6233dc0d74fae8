package group_test

import (
	"context"
	"fmt"
	"log"
	"testing"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// exampleTB replaces the *testing.T that an example does not have.
type exampleTB struct {
	testing.TB // nil: only the methods below are called
	cleanups   []func()
}

func (t *exampleTB) Helper()          {}
func (t *exampleTB) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }
func (t *exampleTB) Fatal(v ...any)   { panic(v) }

// end calls the cleanups, as at the end of a test.
func (t *exampleTB) end() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}

// An exampleClient is the client of a session.
type exampleClient struct{ stream *ws.MessageStream }

// connected returns a session and its client.
func connected(t *exampleTB) (*ws.Session, exampleClient) {
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
