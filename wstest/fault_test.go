package wstest_test

import (
	"io"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// Both ends notice the loss only by their heartbeats, and the server goes on to send.
func TestNetworkDrop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := wstest.Pair(t, &ws.Upgrader{}, &ws.Dialer{})
		_ = server.Session.Text(t.Context(), "under way")
		synctest.Wait()
		client.Network.Drop(wstest.Both)
		began := time.Now()
		for range 50 {
			if err := server.Session.Binary(t.Context(), make([]byte, 10_000)); err != nil {
				t.Fatal(err)
			}
		}
		for _, stream := range []wstest.Stream{wstest.Collect(t, client.Stream), wstest.Collect(t, server.Stream)} {
			wstest.ExpectEnd(t, wstest.Within(stream, time.Hour), ws.ErrHeartbeatTimeout)
			if took := time.Since(began); took < 50*time.Second || took > 70*time.Second {
				t.Errorf("an end noticed it after %v", took)
			}
		}
	})
}

func TestNetworkDropOneDirection(t *testing.T) {
	inPair(t, nil, func(t *testing.T, client, server wstest.Endpoint) {
		client.Network.Drop(wstest.Up)
		_ = client.Session.Close(ws.CloseReason{Code: ws.CloseNormal})
		_ = server.Session.Text(t.Context(), "still there?")
		wstest.ExpectText(t, client.Stream, "still there?")
		wstest.ExpectNothing(t, server.Stream, time.Second)
	})
}

func TestNetworkReset(t *testing.T) {
	inPair(t, nil, func(t *testing.T, client, server wstest.Endpoint) {
		_ = server.Session.Text(t.Context(), "lost")
		synctest.Wait()
		client.Network.Reset()
		for _, end := range []wstest.Endpoint{client, server} {
			wstest.ExpectEnd(t, end.Stream, syscall.ECONNRESET)
			<-end.Session.Done()
			if err := end.Session.Err(); !ws.Retryable(err) {
				t.Errorf("the session ended with %v", err)
			}
		}
	})
}

// The reset does not arrive where the network is lost.
func TestNetworkResetAfterDrop(t *testing.T) {
	inPair(t, nil, func(t *testing.T, client, server wstest.Endpoint) {
		client.Network.Drop(wstest.Up)
		client.Network.Reset()
		wstest.ExpectEnd(t, client.Stream, syscall.ECONNRESET)
		wstest.ExpectNothing(t, server.Stream, time.Second)
	})
}

func TestNetworkCloseWrite(t *testing.T) {
	inPair(t, nil, func(t *testing.T, client, server wstest.Endpoint) {
		client.Network.SetLatency(wstest.Up, time.Second)
		_ = client.Session.Text(t.Context(), "last")
		synctest.Wait()
		client.Network.CloseWrite(wstest.Up)
		_ = client.Session.Text(t.Context(), "too late")
		_ = server.Session.Text(t.Context(), "down")
		wstest.ExpectText(t, client.Stream, "down")
		wstest.ExpectText(t, server.Stream, "last")
		wstest.ExpectEnd(t, server.Stream, io.ErrUnexpectedEOF)
	})
}

// The network fails in the middle of a frame, at every byte of it.
func TestNetworkAfter(t *testing.T) {
	const frame = 2 + len("hello")
	for n := range frame + 1 {
		inPair(t, nil, func(t *testing.T, client, server wstest.Endpoint) {
			client.Network.After(wstest.Down, n, client.Network.Reset)
			if n > 0 {
				_ = server.Session.Text(t.Context(), "hello")
			}
			if n == frame {
				wstest.ExpectText(t, client.Stream, "hello")
			}
			wstest.ExpectEnd(t, client.Stream, syscall.ECONNRESET)
		})
	}
}

func TestNetworkAfterCountsOnce(t *testing.T) {
	inPair(t, nil, func(t *testing.T, client, server wstest.Endpoint) {
		calls := ""
		client.Network.After(wstest.Both, 8, func() { calls += "both " })
		client.Network.After(wstest.Down, 4, func() { calls += "down " })
		client.Network.After(wstest.Down, 5, func() { calls += "never " })
		_ = client.Session.Text(t.Context(), "") // six bytes, of which four are the key
		wstest.ExpectText(t, server.Stream, "")
		for range 2 { // two bytes each
			_ = server.Session.Text(t.Context(), "")
			wstest.ExpectText(t, client.Stream, "")
		}
		_ = client.Session.Text(t.Context(), "")
		wstest.ExpectText(t, server.Stream, "")
		if calls != "both down " {
			t.Errorf("called %s", calls)
		}
	})
}

// A client connects again wherever the handshake or the first message is interrupted.
func TestNetworkRedial(t *testing.T) {
	for _, d := range []wstest.Direction{wstest.Up, wstest.Down} {
		for n := 0; n < 250; n += 10 {
			for name, fault := range map[string]func(*wstest.Network){
				"reset":      (*wstest.Network).Reset,
				"drop":       func(n *wstest.Network) { n.Drop(wstest.Both) },
				"half-close": func(n *wstest.Network) { n.CloseWrite(d) },
			} {
				synctest.Test(t, func(t *testing.T) {
					server := wstest.NewServer(t, say(text("welcome")))
					server.Network.After(d, n, func() { fault(server.Network) })
					client := &ws.Redialer{Dialer: &ws.Dialer{HTTPClient: server.Client()}, URL: server.URL}
					for session, stream := range client.All(t.Context()) {
						if msg, err := stream.Recv(t.Context()); err == nil && string(msg.Data) == "welcome" {
							break
						}
						<-session.Done()
					}
					if err := client.Err(); err != nil {
						t.Errorf("a %s after %d bytes in direction %d: %v", name, n, d, err)
					}
				})
			}
		}
	}
}
