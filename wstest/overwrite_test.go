package wstest_test

import (
	"bytes"
	"context"
	"iter"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// view is what a stream and its aggregate have in common.
type view interface {
	Recv(context.Context) (ws.Message, error)
	All(context.Context) iter.Seq2[ws.Message, error]
}

var views = []struct {
	name    string
	receive func(*ws.MessageStream, context.Context) iter.Seq2[ws.Message, error]
}{
	{"Recv", func(s *ws.MessageStream, ctx context.Context) iter.Seq2[ws.Message, error] { return recvAll(s, ctx) }},
	{"All", (*ws.MessageStream).All},
	{"Aggregate and Recv", func(s *ws.MessageStream, ctx context.Context) iter.Seq2[ws.Message, error] {
		return recvAll(s.Aggregate(1<<20), ctx)
	}},
	{"Aggregate and All", func(s *ws.MessageStream, ctx context.Context) iter.Seq2[ws.Message, error] {
		return s.Aggregate(1 << 20).All(ctx)
	}},
}

// recvAll is All by Recv, up to the first error.
func recvAll(l view, ctx context.Context) iter.Seq2[ws.Message, error] {
	return func(yield func(ws.Message, error) bool) {
		for {
			msg, err := l.Recv(ctx)
			if err != nil || !yield(msg, nil) {
				return
			}
		}
	}
}

// mark is what all messages of these tests are made of. It is not in the text
// that overwrites them.
const mark = "#"

// sendWhole sends a message in one frame, sendFragments one in several.
func sendWhole(ctx context.Context, c *websocket.Conn, n int) error {
	return c.Write(ctx, websocket.MessageText, bytes.Repeat([]byte(mark), n))
}

func sendFragments(ctx context.Context, c *websocket.Conn, n int) error {
	w, err := c.Writer(ctx, websocket.MessageBinary)
	for ; n > 0 && err == nil; n -= 1000 {
		_, err = w.Write(bytes.Repeat([]byte(mark), min(n, 1000)))
	}
	if err != nil {
		return err
	}
	return w.Close()
}

// ping waits for its pong, which the stream's reader sends.
func ping(ctx context.Context, c *websocket.Conn, _ int) error {
	return c.Ping(c.CloseRead(ctx))
}

func TestOverwriteKeptData(t *testing.T) {
	for _, sent := range []struct {
		name       string
		send       func(context.Context, *websocket.Conn, int) error
		sizes      []int
		compressed bool
	}{
		{"frames", sendWhole, []int{1, 100, 1000, 60_000, 5}, false},
		{"long frames", sendWhole, []int{100_000, 1000, 200_000}, false},
		{"fragments", sendFragments, []int{10_000, 50_000, 150_000}, false},
		{"compressed frames", sendWhole, []int{1000, 60_000, 300_000, 2000}, true},
		{"compressed fragments", sendFragments, []int{10_000, 300_000, 2000}, true},
		{"pings", ping, []int{1}, false},
	} {
		for _, view := range views {
			t.Run(sent.name+", "+view.name, func(t *testing.T) {
				overConnections(t, sent.compressed, func(t *testing.T, client *websocket.Conn, stream *ws.MessageStream) {
					go func() {
						for _, n := range sent.sizes {
							_ = sent.send(t.Context(), client, n) // a missing message is an error below
						}
						_ = client.Close(websocket.StatusNormalClosure, "")
					}()
					expectOverwritten(t, view.receive(stream, t.Context()), sent.sizes)
				})
			})
		}
	}
}

// expectOverwritten receives messages of the given sizes. Each, and each
// chunk of one, must be right when it comes, and overwritten when the next one does.
func expectOverwritten(t *testing.T, messages iter.Seq2[ws.Message, error], sizes []int) {
	t.Helper()
	var before ws.Message
	got, want := 0, 0
	for _, n := range sizes {
		want += n
	}
	for msg, err := range messages {
		if err != nil {
			t.Fatal(err)
		}
		if text := before.Data[:min(len(before.Data), len("stale"))]; !bytes.HasPrefix([]byte("stale"), text) ||
			bytes.Contains(before.Data, []byte(mark)) {
			t.Fatalf("a %v of %d bytes begins with %.20q after the next receive", before.Kind, len(before.Data), before.Data)
		}
		if msg.Kind == ws.Ping {
			want = len(msg.Data)
		} else if n := bytes.Count(msg.Data, []byte(mark)); n != len(msg.Data) {
			t.Fatalf("a %v of %d bytes has %d of them right", msg.Kind, len(msg.Data), n)
		}
		got += len(msg.Data)
		before = msg
	}
	if got != want || before.Kind != ws.Close {
		t.Fatalf("received %d bytes of %d, and a %v last", got, want, before.Kind)
	}
}

// overConnections runs a test over every kind of connection: the one in memory, TCP and
// TLS.
func overConnections(t *testing.T, compressed bool, test func(*testing.T, *websocket.Conn, *ws.MessageStream)) {
	u := &ws.Upgrader{}
	options := &websocket.DialOptions{}
	if compressed {
		u.Compression = ws.Dense()
		options.CompressionMode, options.CompressionThreshold = websocket.CompressionContextTakeover, 1
	}
	streams := make(chan *ws.MessageStream, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, stream, err := u.Handle(w, r)
		if err != nil {
			t.Error(err)
		}
		streams <- stream
	})
	for name, dial := range map[string]func(*testing.T) (*websocket.Conn, error){
		"memory": func(t *testing.T) (*websocket.Conn, error) {
			return wstest.NewServer(t, handler).Dial(t.Context(), "/", options)
		},
		"tcp": func(t *testing.T) (*websocket.Conn, error) {
			return dialServer(t, httptest.NewServer(handler), *options)
		},
		"tls": func(t *testing.T) (*websocket.Conn, error) {
			return dialServer(t, httptest.NewTLSServer(handler), *options)
		},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := dial(t)
			if err != nil {
				t.Fatal(err)
			}
			test(t, client, <-streams)
		})
	}
}

// dialServer connects to a server on a port, until the test ends.
func dialServer(t *testing.T, server *httptest.Server, options websocket.DialOptions) (*websocket.Conn, error) {
	t.Cleanup(server.Close)
	options.HTTPClient = server.Client()
	client, _, err := websocket.Dial(t.Context(), server.URL, &options)
	if err == nil {
		t.Cleanup(func() { _ = client.CloseNow() })
	}
	return client, err
}

// Nothing more is received, and the memory may belong to another session.
func TestOverwriteNotAfterFailure(t *testing.T) {
	for _, view := range views {
		t.Run(view.name, func(t *testing.T) {
			client, session, stream := wstest.Pair(t, nil)
			if err := client.Write(t.Context(), websocket.MessageText, []byte("\xff, which is not UTF-8")); err != nil {
				t.Fatal(err)
			}
			if msg, err := stream.Recv(t.Context()); err == nil {
				t.Fatalf("received %v", msg.Kind)
			}
			client2, _, stream2 := wstest.Pair(t, nil)
			if err := client2.Write(t.Context(), websocket.MessageText, []byte("good")); err != nil {
				t.Fatal(err)
			}
			msg, err := stream2.Recv(t.Context())
			for range view.receive(stream, t.Context()) {
			}
			if err != nil || string(msg.Data) != "good" {
				t.Errorf("received %q, %v", msg.Data, err)
			}
			_ = client.CloseNow()
			<-session.Done()
		})
	}
}

// Close reads in the background, which does not count as a receive.
func TestOverwriteNotOnClose(t *testing.T) {
	for _, view := range views {
		t.Run(view.name, func(t *testing.T) {
			client, session, stream := wstest.Pair(t, nil)
			if err := sendFragments(t.Context(), client, 50_000); err != nil {
				t.Fatal(err)
			}
			var kept ws.Message
			for kept = range view.receive(stream, t.Context()) {
				break
			}
			want := kept.Clone()
			_ = session.Close(ws.CloseReason{})
			_ = client.Close(websocket.StatusNormalClosure, "")
			<-session.Done()
			if !bytes.Equal(kept.Data, want.Data) {
				t.Errorf("the message became %.20q", kept.Data)
			}
		})
	}
}
