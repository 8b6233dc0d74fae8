package wstest_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

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
func sendWhole(ctx context.Context, s *ws.Session, n int) error {
	return s.TextBytes(ctx, bytes.Repeat([]byte(mark), n))
}

func sendFragments(ctx context.Context, s *ws.Session, n int) error {
	for part := ws.FirstBinary; n > 0; n, part = n-1000, ws.Continue {
		if err := s.Continuation(ctx, part, bytes.Repeat([]byte(mark), min(n, 1000))); err != nil {
			return err
		}
	}
	return s.Continuation(ctx, ws.Last, nil)
}

func ping(ctx context.Context, s *ws.Session, _ int) error {
	return s.Ping(ctx, []byte("are you there?"))
}

func TestOverwriteKeptData(t *testing.T) {
	for _, sent := range []struct {
		name       string
		send       func(context.Context, *ws.Session, int) error
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
				overConnections(t, sent.compressed, func(t *testing.T, client *ws.Session, stream *ws.MessageStream) {
					go func() {
						for _, n := range sent.sizes {
							_ = sent.send(t.Context(), client, n) // a missing message is an error below
						}
						_ = client.Close(ws.CloseReason{Code: ws.CloseNormal})
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
func overConnections(t *testing.T, compressed bool, test func(*testing.T, *ws.Session, *ws.MessageStream)) {
	var c ws.Compression
	if compressed {
		c = ws.Dense()
	}
	u := &ws.Upgrader{Compression: c}
	streams := make(chan *ws.MessageStream, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, stream, err := u.Handle(w, r)
		if err != nil {
			t.Error(err)
		}
		streams <- stream
	})
	for name, serve := range map[string]func(*testing.T) (client *http.Client, url string){
		"memory": func(t *testing.T) (*http.Client, string) {
			s := wstest.NewServer(t, handler)
			return s.Client(), s.URL
		},
		"tcp": func(t *testing.T) (*http.Client, string) { return served(t, httptest.NewServer(handler)) },
		"tls": func(t *testing.T) (*http.Client, string) { return served(t, httptest.NewTLSServer(handler)) },
	} {
		t.Run(name, func(t *testing.T) {
			client, url := serve(t)
			d := &ws.Dialer{HTTPClient: client, Compression: c}
			session, _, err := d.Dial(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = d.Close(); <-session.Done() })
			test(t, session, <-streams)
		})
	}
}

// served returns how to connect to a server on a port, until the test ends.
func served(t *testing.T, server *httptest.Server) (client *http.Client, url string) {
	t.Cleanup(server.Close)
	return server.Client(), server.URL
}

// Nothing more is received, and the memory may belong to another session.
func TestOverwriteNotAfterFailure(t *testing.T) {
	for _, view := range views {
		t.Run(view.name, func(t *testing.T) {
			conn, stream := pairWithConn(t)
			if _, err := conn.Write([]byte("\x81\x82\x00\x00\x00\x00\xff\xff")); err != nil { // text that is not UTF-8
				t.Fatal(err)
			}
			var violation *ws.ProtocolError
			if _, err := stream.Recv(t.Context()); !errors.As(err, &violation) || violation.Code != ws.CloseInvalidPayload {
				t.Fatalf("received %v", err)
			}
			client, server := wstest.Pair(t, nil, nil)
			if err := client.Session.Text(t.Context(), "good"); err != nil {
				t.Fatal(err)
			}
			msg, err := server.Stream.Recv(t.Context())
			for range view.receive(stream, t.Context()) {
			}
			if err != nil || string(msg.Data) != "good" {
				t.Errorf("received %q, %v", msg.Data, err)
			}
		})
	}
}

// pairWithConn returns a stream of a server, and its client's connection, on which the
// test can violate the protocol.
func pairWithConn(t *testing.T) (conn net.Conn, stream *ws.MessageStream) {
	streams := make(chan *ws.MessageStream, 1)
	server := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, stream, _ := new(ws.Upgrader).Handle(w, r)
		streams <- stream
	}))
	transport := server.Client().Transport.(*http.Transport)
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, addr string) (_ net.Conn, err error) {
		conn, err = dial(ctx, network, addr)
		return conn, err
	}
	if _, _, err := server.Dial(t.Context(), "/", nil); err != nil {
		t.Fatal(err)
	}
	return conn, <-streams
}

// Close reads in the background, which does not count as a receive.
func TestOverwriteNotOnClose(t *testing.T) {
	for _, view := range views {
		t.Run(view.name, func(t *testing.T) {
			client, server := wstest.Pair(t, nil, nil)
			if err := sendFragments(t.Context(), client.Session, 50_000); err != nil {
				t.Fatal(err)
			}
			var kept ws.Message
			for kept = range view.receive(server.Stream, t.Context()) {
				break
			}
			want := kept.Clone()
			_ = server.Session.Close(ws.CloseReason{})
			_ = client.Session.Close(ws.CloseReason{Code: ws.CloseNormal})
			<-server.Session.Done()
			if !bytes.Equal(kept.Data, want.Data) {
				t.Errorf("the message became %.20q", kept.Data)
			}
		})
	}
}
