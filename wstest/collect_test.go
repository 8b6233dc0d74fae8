package wstest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

func TestCollector(t *testing.T) {
	inPair(t, nil, func(t *testing.T, client, server wstest.Endpoint) {
		c := wstest.Collect(t, client.Stream)
		if got := c.Received(); len(got) != 0 {
			t.Errorf("received %v", got)
		}
		sent := []ws.Message{text("one"), of(ws.Ping, "?"), of(ws.Binary, strings.Repeat("x", 100_000)), closing(ws.CloseNormal, "bye")}
		for _, msg := range sent {
			_ = server.Session.Send(t.Context(), msg)
			synctest.Wait()
		}
		got := c.Received()
		if len(got) != 3 || string(got[0].Data) != "one" || len(got[1].Data) != 100_000 || got[2].Kind != ws.Close {
			t.Errorf("received %d messages", len(got))
		}
		wstest.ExpectText(t, c, "one")
		wstest.Expect(t, c, sent[1])
		if got := c.Received(); len(got) != 2 {
			t.Errorf("%d messages are kept", len(got))
		}
		wstest.ExpectBinary(t, c, sent[2].Data)
		wstest.Expect(t, c, sent[3])
		wstest.ExpectEnd(t, c, io.EOF)
	})
}

// A client that is collected answers pings, and its session goes on.
func TestCollectorAnswersPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := wstest.NewServer(t, http.HandlerFunc(echo))
		clients := server.DialN(t, 2, nil)
		silent, collected := clients[0], clients[1]
		c := clients[1:].Collect(t)[0]
		time.Sleep(time.Hour)
		_ = collected.Session.Text(t.Context(), "still there")
		wstest.ExpectText(t, c, "still there")
		wstest.ExpectEnd(t, silent.Stream, io.ErrUnexpectedEOF) // its server has given it up
	})
}

func TestCollectorLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		big := ws.Message{Kind: ws.Binary, Data: make([]byte, 4<<20)}
		stream := &scripted{[]ws.Message{big, big, big, big, text("one too many")}, nil}
		c := wstest.Collect(t, stream)
		synctest.Wait()
		if len(stream.messages) != 0 {
			t.Error("the stream is not read any more")
		}
		if got := c.Received(); len(got) != 3 {
			t.Errorf("%d messages are kept", len(got))
		}
		for range 3 {
			wstest.ExpectBinary(t, c, big.Data)
		}
		expectFailure(t, `wstest: received the error "wstest: a Collector keeps 16 MiB at most; messages were discarded", want a message`,
			func(tb testing.TB) { wstest.Recv(tb, c) })
	})
}

// A message that is too big is reported, and the stream is read on.
func TestCollectorMessageTooBig(t *testing.T) {
	inPair(t, nil, func(t *testing.T, client, server wstest.Endpoint) {
		c := wstest.Collect(t, client.Stream.Aggregate(10))
		for _, text := range []string{"kept", "a text of more than 10 bytes", "lost"} {
			_ = server.Session.Text(t.Context(), text)
		}
		_ = server.Session.Ping(t.Context(), nil)
		wstest.Expect(t, server.Stream, ws.Message{Kind: ws.Pong})
		wstest.ExpectText(t, c, "kept")
		wstest.ExpectEnd(t, c, ws.ErrMessageTooBig)
	})
}

// What was taken makes room.
func TestCollectorLimitIsOfWhatIsKept(t *testing.T) {
	inPair(t, nil, func(t *testing.T, client, server wstest.Endpoint) {
		c := wstest.Collect(t, client.Stream)
		data := make([]byte, 5<<20)
		for range 4 {
			_ = server.Session.Binary(t.Context(), data)
			wstest.ExpectBinary(t, c, data)
		}
	})
}

func TestCollectorContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := wstest.Collect(t, wstest.Within(&scripted{}, time.Second))
		expectFailure(t, "wstest: received nothing within 1m0s, want a message",
			func(tb testing.TB) { wstest.Recv(tb, wstest.Within(c, time.Minute)) })
	})
}
