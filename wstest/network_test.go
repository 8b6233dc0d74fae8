package wstest_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// inPair runs a test in a bubble, on a connected pair.
func inPair(t *testing.T, u *ws.Upgrader, test func(t *testing.T, client, server wstest.Endpoint)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		client, server := wstest.Pair(t, u, nil)
		test(t, client, server)
	})
}

func TestNetworkLatency(t *testing.T) {
	inPair(t, nil, func(t *testing.T, client, server wstest.Endpoint) {
		client.Network.SetLatency(wstest.Up, 30*time.Millisecond)
		client.Network.SetLatency(wstest.Down, 70*time.Millisecond)
		began := time.Now()
		_ = client.Session.Text(t.Context(), "up")
		wstest.ExpectText(t, server.Stream, "up")
		if took := time.Since(began); took != 30*time.Millisecond {
			t.Errorf("up: %v", took)
		}
		_ = server.Session.Text(t.Context(), "down")
		wstest.ExpectText(t, client.Stream, "down")
		if took := time.Since(began); took != 100*time.Millisecond {
			t.Errorf("up and down: %v", took)
		}
		for _, text := range []string{"a", "b", "c"} { // which are under way together
			_ = server.Session.Text(t.Context(), text)
		}
		for _, text := range []string{"a", "b", "c"} {
			wstest.ExpectText(t, client.Stream, text)
		}
		if took := time.Since(began); took != 170*time.Millisecond {
			t.Errorf("three messages: %v", took)
		}
		client.Network.SetLatency(wstest.Both, time.Hour)
		_ = server.Session.Text(t.Context(), "slow")
		synctest.Wait() // until it is written
		client.Network.SetLatency(wstest.Both, 0)
		_ = server.Session.Text(t.Context(), "later")
		began = time.Now()
		wide := wstest.Within(client.Stream, 2*time.Hour)
		wstest.ExpectText(t, wide, "slow")
		if took := time.Since(began); took != time.Hour {
			t.Errorf("a message that was written before the latency changed took %v", took)
		}
		wstest.ExpectText(t, wide, "later")
	})
}

func TestNetworkRate(t *testing.T) {
	inPair(t, nil, func(t *testing.T, client, server wstest.Endpoint) {
		client.Network.SetRate(wstest.Down, 1000)
		data := make([]byte, 90_000) // more than fits into the buffer
		go func() { _ = server.Session.Binary(context.Background(), data) }()
		began := time.Now()
		wstest.ExpectBinary(t, wstest.Within(client.Stream, time.Hour), data)
		if took := time.Since(began).Round(time.Second); took != 90*time.Second {
			t.Errorf("90,000 bytes of 1000 a second took %v", took)
		}
		_ = client.Session.Text(t.Context(), "up")
		began = time.Now()
		wstest.ExpectText(t, server.Stream, "up")
		if took := time.Since(began); took != 0 {
			t.Errorf("the other direction took %v", took)
		}
	})
}

func TestNetworkStall(t *testing.T) {
	inPair(t, nil, func(t *testing.T, client, server wstest.Endpoint) {
		client.Network.Stall(wstest.Down)
		_ = server.Session.Text(t.Context(), "kept")
		wstest.ExpectNothing(t, client.Stream, time.Second)
		_ = client.Session.Text(t.Context(), "up")
		wstest.ExpectText(t, server.Stream, "up")
		client.Network.Resume(wstest.Down)
		wstest.ExpectText(t, client.Stream, "kept")

		client.Network.Stall(wstest.Both)
		_ = server.Session.Close(ws.CloseReason{Code: ws.CloseNormal})
		<-server.Session.Done()
		if err := server.Session.Err(); !errors.Is(err, ws.ErrCloseTimeout) {
			t.Errorf("the server's session ended with %v", err)
		}
		wstest.ExpectNothing(t, client.Stream, time.Second)
		client.Network.Resume(wstest.Both)
		wstest.ExpectClose(t, client.Stream, ws.CloseNormal)
	})
}

// A session whose peer takes nothing any more ends with a timeout, as with a full
// socket.
func TestNetworkStallFillsBuffer(t *testing.T) {
	inPair(t, &ws.Upgrader{Options: ws.Options{WriteTimeout: time.Minute}}, func(t *testing.T, client, server wstest.Endpoint) {
		client.Network.Stall(wstest.Down)
		for err := error(nil); err == nil; {
			err = server.Session.Binary(t.Context(), make([]byte, 10_000))
		}
		wstest.ExpectEnd(t, server.Stream, ws.ErrWriteTimeout)
	})
}

func TestNetworkStallAppliesToNewConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := wstest.NewServer(t, http.HandlerFunc(echo))
		server.Network.Stall(wstest.Both)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, _, err := server.Dial(ctx, "/", nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Dial returned %v", err)
		}
		time.AfterFunc(time.Second, func() { server.Network.Resume(wstest.Both) })
		if _, _, err := server.Dial(t.Context(), "/", nil); err != nil {
			t.Error(err)
		}
	})
}

func TestNetworkSplitSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := wstest.NewServer(t, http.HandlerFunc(echo))
		server.Network.Split(wstest.Both, 1)
		session, stream, err := server.Dial(t.Context(), "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		expectEcho(t, session, stream.Aggregate(0), bytes.Repeat([]byte("x"), 100_000))
	})
}

// Conditions apply to connections that are made later.
func TestNetworkDirectionOfNewConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := wstest.NewServer(t, http.HandlerFunc(echo))
		server.Network.SetLatency(wstest.Down, time.Second)
		began := time.Now()
		if _, _, err := server.Dial(t.Context(), "/", nil); err != nil || time.Since(began) != time.Second {
			t.Errorf("Dial returned %v after %v", err, time.Since(began))
		}
	})
}

// Connections are over one network each if the context says so.
func TestNetworkOfContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := wstest.NewServer(t, http.HandlerFunc(echo))
		own := new(wstest.Network)
		_, slow, err := server.Dial(wstest.WithNetwork(t.Context(), own), "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		session, stream, err := server.Dial(t.Context(), "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		own.Reset()
		wstest.ExpectEnd(t, slow, syscall.ECONNRESET)
		expectEcho(t, session, stream.Aggregate(0), []byte("hello"))
	})
}
