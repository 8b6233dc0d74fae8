package wstest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"time"

	"github.com/handset-go/handset/internal/exampletest"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// A client comes back when its connection is reset.
func ExampleNetwork_Reset() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	server := wstest.NewServer(t, say(text("welcome")))
	client := &ws.Redialer{Dialer: &ws.Dialer{HTTPClient: server.Client()}, URL: server.URL, BaseDelay: time.Millisecond}
	sessions := 0
	for session, stream := range client.All(context.Background()) {
		wstest.ExpectText(t, stream, "welcome")
		if sessions++; sessions == 3 {
			break
		}
		server.Network.Reset()
		wstest.ExpectEnd(t, stream, syscall.ECONNRESET)
		<-session.Done()
	}
	fmt.Println(sessions, "sessions")
	// Output: 3 sessions
}

// The connection is lost inside a frame: two bytes of header and three of "hello".
func ExampleNetwork_After() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	client, server := wstest.Pair(t, nil, nil)
	client.Network.After(wstest.Down, 5, client.Network.Reset)
	_ = server.Session.Text(context.Background(), "hello")
	wstest.ExpectEnd(t, client.Stream, syscall.ECONNRESET)
	fmt.Println("no part of the message arrived")
	// Output: no part of the message arrived
}

// A client that is gone without a sign of it.
func ExampleNetwork_Drop() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	heartbeat := ws.Heartbeat{Interval: 10 * time.Millisecond, Timeout: 10 * time.Millisecond}
	_, server := wstest.Pair(t, &ws.Upgrader{Options: ws.Options{Heartbeat: heartbeat}}, nil)
	server.Network.Drop(wstest.Both)
	wstest.ExpectEnd(t, server.Stream, ws.ErrHeartbeatTimeout)
	fmt.Println(server.Session.Text(context.Background(), "too late"))
	// Output: ws: session closed: heartbeat timeout
}

// A client that does not take what it is sent, until the network resumes.
func ExampleNetwork_Stall() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	client, server := wstest.Pair(t, nil, nil)
	client.Network.Stall(wstest.Down)
	big := ws.Message{Kind: ws.Binary, Data: make([]byte, 100_000)}
	_ = server.Session.Send(context.Background(), big)
	fmt.Println(server.Session.TrySend(big))
	client.Network.Resume(wstest.Down)
	wstest.Expect(t, client.Stream, big)
	// Output: ws: send buffer full
}

// A stalled network resumes.
func ExampleNetwork_Resume() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	client, server := wstest.Pair(t, nil, nil)
	client.Network.Stall(wstest.Both)
	time.AfterFunc(10*time.Millisecond, func() { client.Network.Resume(wstest.Both) })
	_ = server.Session.Text(context.Background(), "hello")
	fmt.Printf("%s\n", wstest.Recv(t, client.Stream).Data)
	// Output: hello
}

// The other end has nothing more to say, and still listens.
func ExampleNetwork_CloseWrite() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	client, server := wstest.Pair(t, nil, nil)
	_ = server.Session.Text(context.Background(), "the answer")
	client.Network.CloseWrite(wstest.Up)
	wstest.ExpectText(t, client.Stream, "the answer")
	wstest.ExpectEnd(t, server.Stream, io.ErrUnexpectedEOF)
	fmt.Println("the answer arrived")
	// Output: the answer arrived
}

// A ping takes the latency of both directions.
func ExampleNetwork_SetLatency() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	client, server := wstest.Pair(t, nil, nil)
	client.Network.SetLatency(wstest.Both, 10*time.Millisecond)
	_ = client.Stream.Discard()
	began := time.Now()
	_ = server.Session.Ping(context.Background(), []byte("1"))
	wstest.Expect(t, server.Stream, ws.Message{Kind: ws.Pong, Data: []byte("1")})
	fmt.Println(time.Since(began) >= 20*time.Millisecond)
	// Output: true
}

// 1000 bytes at 20,000 a second.
func ExampleNetwork_SetRate() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	client, server := wstest.Pair(t, nil, nil)
	client.Network.SetRate(wstest.Down, 20_000)
	began := time.Now()
	_ = server.Session.Binary(context.Background(), make([]byte, 1000))
	wstest.ExpectBinary(t, client.Stream, make([]byte, 1000))
	fmt.Println(time.Since(began) >= 50*time.Millisecond)
	// Output: true
}

// readLength is a function under test with a mistake: it expects that one read returns
// all that was written.
func readLength(conn net.Conn) int {
	n, _ := conn.Read(make([]byte, 100))
	return n
}

// A test finds code that relies on the sizes of reads.
func ExampleNetwork_Split() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	var network wstest.Network
	network.Split(wstest.Down, 2)
	client, server := net.Pipe()
	conn := network.Wrap(t, client)
	go func() { _, _ = server.Write(bytes.Repeat([]byte("x"), 100)) }()
	fmt.Println(readLength(conn) < 100)
	// Output: true
}

// A program that connects by itself, over a real network.
func ExampleNetwork_Wrap() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	server := httptest.NewServer(say(text("hello")))
	t.Cleanup(server.Close)
	var network wstest.Network
	transport := &http.Transport{DialContext: func(ctx context.Context, proto, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, proto, addr)
		if err != nil {
			return nil, err
		}
		return network.Wrap(t, conn), nil
	}}
	dialer := &ws.Dialer{HTTPClient: &http.Client{Transport: transport}}
	_, stream, err := dialer.Dial(context.Background(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	wstest.ExpectText(t, stream, "hello")
	network.Reset()
	wstest.ExpectEnd(t, stream, syscall.ECONNRESET)
	fmt.Println("reset")
	// Output: reset
}

// A server with a port, for clients that are other programs.
func ExampleNetwork_Listener() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var network wstest.Network
	network.SetLatency(wstest.Down, 10*time.Millisecond)
	server := &http.Server{Handler: say(text("hello"))}
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(network.Listener(t, inner)) }()

	_, stream, err := ws.Dial(context.Background(), "ws://"+inner.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%s\n", wstest.Recv(t, stream).Data)
	// Output: hello
}

// One of two clients loses its connection.
func ExampleWithNetwork() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()
	ctx := context.Background() // t.Context()

	server := wstest.NewServer(t, say(text("hello")))
	var network wstest.Network
	var streams []*ws.MessageStream
	for _, ctx := range []context.Context{wstest.WithNetwork(ctx, &network), ctx} {
		_, stream, err := server.Dial(ctx, "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		wstest.ExpectText(t, stream, "hello")
		streams = append(streams, stream)
	}
	network.Reset()
	wstest.ExpectEnd(t, streams[0], syscall.ECONNRESET)
	wstest.ExpectNothing(t, streams[1], time.Millisecond)
	fmt.Println("one of two is lost")
	// Output: one of two is lost
}
