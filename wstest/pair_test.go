package wstest_test

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

func TestPairInOneGoroutine(t *testing.T) {
	client, session, stream := wstest.Pair(t, nil)
	if err := client.Write(t.Context(), websocket.MessageText, []byte("to the server")); err != nil {
		t.Fatal(err)
	}
	if msg, err := stream.Recv(t.Context()); err != nil || msg.Kind != ws.Text || string(msg.Data) != "to the server" {
		t.Fatalf("the server received %v %q, %v", msg.Kind, msg.Data, err)
	}
	if err := session.Text(t.Context(), "to the client"); err != nil {
		t.Fatal(err)
	}
	if _, data, err := client.Read(t.Context()); err != nil || string(data) != "to the client" {
		t.Fatalf("the client read %q, %v", data, err)
	}
}

func TestPairOptions(t *testing.T) {
	client, session, _ := wstest.Pair(t, &ws.Upgrader{Subprotocols: []string{"chat.v2", "chat.v1"}})
	if client.Subprotocol() != "chat.v2" || session.Subprotocol() != "chat.v2" {
		t.Errorf("subprotocols %q and %q, want chat.v2", client.Subprotocol(), session.Subprotocol())
	}
}

func TestPairWriteTimeoutInSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, session, _ := wstest.Pair(t, &ws.Upgrader{Options: ws.Options{WriteTimeout: time.Hour}})
		began := time.Now()
		for session.TrySend(ws.Message{Kind: ws.Binary, Data: make([]byte, 16<<10)}) == nil {
			synctest.Wait() // until the connection is full
		}
		<-session.Done()
		if err := session.Err(); !errors.Is(err, ws.ErrWriteTimeout) {
			t.Errorf("the session ended with %v", err)
		}
		// The last bytes for which the connection had room count as taken when
		// the write that they belong to ends.
		if took := time.Since(began); took < time.Hour || took > 2*time.Hour+time.Second {
			t.Errorf("the session ended after %v", took)
		}
	})
}

func TestPairCloseTimeoutInSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, session, _ := wstest.Pair(t, &ws.Upgrader{Options: ws.Options{CloseTimeout: time.Minute}})
		began := time.Now()
		if err := session.Close(ws.CloseReason{Code: ws.CloseGoingAway}); err != nil {
			t.Fatal(err)
		}
		<-session.Done()
		if err := session.Err(); !errors.Is(err, ws.ErrCloseTimeout) || time.Since(began) != time.Minute {
			t.Errorf("the session ended with %v after %v", err, time.Since(began))
		}
	})
}

func TestPairEndsWithTest(t *testing.T) {
	var session *ws.Session
	synctest.Test(t, func(t *testing.T) {
		_, session, _ = wstest.Pair(t, nil)
	})
	if err := session.Text(t.Context(), "too late"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a send after the test: %v", err)
	}
}
