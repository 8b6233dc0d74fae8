package wstest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// scripted is a stream of messages, after which nothing arrives, or an error.
type scripted struct {
	messages []ws.Message
	err      error
}

func (s *scripted) Recv(ctx context.Context) (ws.Message, error) {
	if len(s.messages) == 0 {
		if s.err != nil {
			return ws.Message{}, s.err
		}
		<-ctx.Done()
		return ws.Message{}, ctx.Err()
	}
	msg := s.messages[0]
	s.messages = s.messages[1:]
	return msg, nil
}

func text(s string) ws.Message { return ws.Message{Kind: ws.Text, Data: []byte(s)} }
func of(k ws.Kind, data string) ws.Message {
	return ws.Message{Kind: k, Data: []byte(data)}
}
func closing(code ws.CloseCode, description string) ws.Message {
	return ws.Message{Kind: ws.Close, Reason: ws.CloseReason{Code: code, Description: description}}
}

var errLost = fmt.Errorf("ws: connection lost: %w", io.ErrUnexpectedEOF)

// long is a text of 1000 bytes.
var long = strings.Repeat("0123456789", 100)

// endless are chunks of 17 MiB, of a message that goes on.
func endless() []ws.Message {
	chunk := of(ws.Continue, strings.Repeat("x", 1<<20))
	return append([]ws.Message{of(ws.FirstText, "")}, slices.Repeat([]ws.Message{chunk}, 17)...)
}

func TestExpect(t *testing.T) {
	type stream = wstest.Stream
	hello := func(tb testing.TB, s stream) { wstest.ExpectText(tb, s, "hello") }
	longText := func(tb testing.TB, s stream) { wstest.ExpectText(tb, s, long) }
	ping := func(tb testing.TB, s stream) { wstest.Expect(tb, s, of(ws.Ping, "now")) }
	normal := func(tb testing.TB, s stream) { wstest.ExpectClose(tb, s, ws.CloseNormal) }
	reason := func(tb testing.TB, s stream) { wstest.Expect(tb, s, closing(ws.CloseNormal, "bye")) }
	lost := func(tb testing.TB, s stream) { wstest.ExpectEnd(tb, s, io.ErrUnexpectedEOF) }
	nothing := func(tb testing.TB, s stream) { wstest.ExpectNothing(tb, s, time.Second) }
	next := func(tb testing.TB, s stream) { wstest.Recv(tb, s) }
	for _, tt := range []struct {
		name     string
		expect   func(testing.TB, stream)
		messages []ws.Message
		err      error
		fails    string // "" if not
	}{
		{"the text", hello, []ws.Message{text("hello")}, nil, ""},
		{"the text after pings", hello, []ws.Message{of(ws.Ping, "1"), of(ws.Pong, ""), text("hello")}, nil, ""},
		{"the text in chunks", hello, []ws.Message{of(ws.FirstText, "he"), of(ws.Ping, ""), of(ws.Continue, "ll"), of(ws.Last, "o")}, nil, ""},
		{"another text", hello, []ws.Message{text("hallo")}, nil, `wstest: received Text "hallo", want Text "hello"`},
		{"another kind", hello, []ws.Message{of(ws.Binary, "hello")}, nil, `wstest: received Binary "hello", want Text "hello"`},
		{"a long binary message", hello, []ws.Message{of(ws.Binary, long)}, nil,
			`wstest: received Binary "` + long[:80] + `"… (1000 bytes), want Text "hello"`},
		{"a Close message", hello, []ws.Message{closing(ws.ClosePolicyViolation, "too fast")}, nil,
			`wstest: received Close 1008 policy violation "too fast", want Text "hello"`},
		{"the end of the stream", hello, nil, io.EOF, `wstest: received io.EOF after a Close message, want Text "hello"`},
		{"the loss of the connection", hello, nil, errLost, `wstest: received the error "ws: connection lost: unexpected EOF", want Text "hello"`},
		{"nothing", hello, []ws.Message{of(ws.Ping, "1")}, nil, `wstest: received nothing within 10s, want Text "hello"`},
		{"part of a text", hello, []ws.Message{of(ws.FirstText, "he")}, nil,
			`wstest: received only 2 bytes of a Text message within 10s, want Text "hello"`},

		{"chunks without end", hello, endless(), nil,
			`wstest: received the error "wstest: a message in chunks is longer than 16 MiB", want Text "hello"`},
		{"a long text", longText, []ws.Message{text(long)}, nil, ""},
		{"a long text with a difference", longText, []ws.Message{text(long[:500] + "x" + long[501:])}, nil,
			"wstest: received a Text of 1000 bytes, want 1000 bytes; they differ from byte 500 on:\n" +
				"\treceived …\"" + long[480:500] + "x" + long[501:560] + "\"…\n" +
				"\twant     …\"" + long[480:560] + "\"…"},
		{"a text of characters of two bytes", hello, []ws.Message{text("x" + strings.Repeat("ä", 50))}, nil,
			"wstest: received a Text of 101 bytes, want 5 bytes; they differ from byte 0 on:\n" +
				"\treceived \"x" + strings.Repeat("ä", 39) + "\"…\n\twant     \"hello\""},
		{"another kind of characters of two bytes", ping, []ws.Message{text("x" + strings.Repeat("ä", 50))}, nil,
			`wstest: received Text "x` + strings.Repeat("ä", 39) + `"… (101 bytes), want Ping "now"`},
		{"a difference after characters of two bytes", func(tb testing.TB, s stream) { wstest.ExpectText(tb, s, "x"+strings.Repeat("ä", 50)) },
			[]ws.Message{text("x" + strings.Repeat("ä", 50) + "x")}, nil,
			"wstest: received a Text of 102 bytes, want 101 bytes; they differ from byte 101 on:\n" +
				"\treceived …\"" + strings.Repeat("ä", 10) + "x\"\n" +
				"\twant     …\"" + strings.Repeat("ä", 10) + "\" and no more"},
		{"a difference in a character",
			func(tb testing.TB, s stream) { wstest.ExpectText(tb, s, strings.Repeat("ä", 50)) },
			[]ws.Message{text(strings.Repeat("ä", 49) + "ö")}, nil,
			"wstest: received a Text of 100 bytes, want 100 bytes; they differ from byte 99 on:\n" +
				"\treceived …\"" + strings.Repeat("ä", 10) + "ö\"\n" +
				"\twant     …\"" + strings.Repeat("ä", 11) + "\""},
		{"a long text with a difference in a character", longText, []ws.Message{text("ä" + long)}, nil,
			"wstest: received a Text of 1002 bytes, want 1000 bytes; they differ from byte 0 on:\n" +
				"\treceived \"ä" + long[:78] + "\"…\n" +
				"\twant     \"" + long[:80] + "\"…"},
		{"the beginning of a long text", longText, []ws.Message{text(long[:900])}, nil,
			"wstest: received a Text of 900 bytes, want 1000 bytes; they differ from byte 900 on:\n" +
				"\treceived …\"" + long[880:900] + "\" and no more\n" +
				"\twant     …\"" + long[880:960] + "\"…"},

		{"the ping", ping, []ws.Message{of(ws.Pong, "x"), of(ws.Ping, "now")}, nil, ""},
		{"another ping", ping, []ws.Message{of(ws.Ping, "then")}, nil, `wstest: received Ping "then", want Ping "now"`},
		{"a text for a ping", ping, []ws.Message{text("now")}, nil, `wstest: received Text "now", want Ping "now"`},

		{"the code", normal, []ws.Message{closing(ws.CloseNormal, "bye")}, nil, ""},
		{"another code", normal, []ws.Message{closing(ws.CloseGoingAway, "bye")}, nil,
			`wstest: received Close 1001 going away "bye", want Close 1000 normal`},
		{"no code", normal, []ws.Message{closing(0, "")}, nil, `wstest: received Close 0 no status, want Close 1000 normal`},
		{"a text for a close", normal, []ws.Message{text("hello")}, nil, `wstest: received Text "hello", want Close 1000 normal`},
		{"the reason", reason, []ws.Message{closing(ws.CloseNormal, "bye")}, nil, ""},
		{"another reason", reason, []ws.Message{closing(ws.CloseNormal, "")}, nil,
			`wstest: received Close 1000 normal, want Close 1000 normal "bye"`},

		{"the error", lost, []ws.Message{of(ws.Ping, "")}, errLost, ""},
		{"another error", lost, nil, ws.ErrWriteTimeout, `wstest: received the error "ws: write timeout", want the end with the error "unexpected EOF"`},
		{"no error", lost, nil, nil, `wstest: received nothing within 10s, want the end with the error "unexpected EOF"`},
		{"a message before the error", lost, []ws.Message{text("hello")}, errLost,
			`wstest: received Text "hello", want the end with the error "unexpected EOF"`},

		{"silence", nothing, []ws.Message{of(ws.Ping, "")}, nil, ""},
		{"no silence", nothing, []ws.Message{text("hello")}, nil, `wstest: received Text "hello", want nothing within 1s`},
		{"part of a message", nothing, []ws.Message{of(ws.FirstBinary, "hello")}, nil,
			`wstest: received only 5 bytes of a Binary message within 1s, want nothing within 1s`},
		{"an end", nothing, nil, io.EOF, `wstest: received io.EOF after a Close message, want nothing within 1s`},

		{"a message", next, []ws.Message{of(ws.Ping, ""), text("hello")}, nil, ""},
		{"no message", next, nil, nil, `wstest: received nothing within 10s, want a message`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				expectFailure(t, tt.fails, func(tb testing.TB) { tt.expect(tb, &scripted{tt.messages, tt.err}) })
			})
		})
	}
}

// The limit is real time outside of bubbles.
func TestWithin(t *testing.T) {
	limited := wstest.Within(wstest.Within(&scripted{}, time.Hour), time.Millisecond)
	expectFailure(t, "wstest: received nothing within 1ms, want a message", func(tb testing.TB) { wstest.Recv(tb, limited) })
	wstest.ExpectNothing(t, limited, time.Microsecond)
}

// The data of Recv may be kept.
func TestRecvClones(t *testing.T) {
	client, server := wstest.Pair(t, nil, nil)
	for _, text := range []string{"one", "two"} {
		_ = server.Session.Text(t.Context(), text)
	}
	one, two := wstest.Recv(t, client.Stream), wstest.Recv(t, client.Stream)
	if string(one.Data) != "one" || string(two.Data) != "two" {
		t.Errorf("received %q and %q", one.Data, two.Data)
	}
}

// Messages are joined from the chunks of a real stream, and control frames of the library
// do not disturb.
func TestExpectOfStreams(t *testing.T) {
	data := make([]byte, 200_000)
	for name, view := range map[string]func(*ws.MessageStream) wstest.Stream{
		"MessageStream":    func(s *ws.MessageStream) wstest.Stream { return s },
		"AggregatedStream": func(s *ws.MessageStream) wstest.Stream { return s.Aggregate(0) },
	} {
		t.Run(name, func(t *testing.T) {
			inPair(t, nil, func(t *testing.T, client, server wstest.Endpoint) {
				stream := view(client.Stream)
				go func() {
					_ = server.Session.Binary(context.Background(), data)
					_ = server.Session.Close(ws.CloseReason{Code: ws.CloseNormal})
				}()
				wstest.ExpectBinary(t, stream, data)
				wstest.ExpectClose(t, stream, ws.CloseNormal)
				wstest.ExpectEnd(t, stream, io.EOF)
			})
		})
	}
}

// A message that ExpectNothing has not seen arrives later.
func TestExpectNothingLosesNothing(t *testing.T) {
	inPair(t, nil, func(t *testing.T, client, server wstest.Endpoint) {
		began := time.Now()
		wstest.ExpectNothing(t, client.Stream, time.Nanosecond)
		if took := time.Since(began); took != time.Nanosecond {
			t.Errorf("took %v", took)
		}
		_ = server.Session.Text(t.Context(), "hello")
		expectFailure(t, `wstest: received Text "hello", want nothing within 1ns`, func(tb testing.TB) {
			wstest.ExpectNothing(tb, client.Stream, time.Nanosecond)
		})
	})
}

const failing = "WSTEST_FAILING"

// TestExpectFails is a test that fails, for the test below.
func TestExpectFails(t *testing.T) {
	if os.Getenv(failing) == "" {
		t.Skip("this is part of another test")
	}
	server := wstest.NewServer(t, ws.Handler(func(s *ws.Session, _ *ws.MessageStream) { _ = s.Text(context.Background(), "no") }))
	clients := server.DialN(t, 1, nil)
	clients.Each(t, func(tb testing.TB, _ int, client wstest.Endpoint) {
		wstest.ExpectText(tb, client.Stream, "yes") // a failure of a client
	})
	t.Error("Each has not ended the test")
}

// A failure has the line of the test that calls a function of this package.
func TestExpectFailureLine(t *testing.T) {
	child := exec.Command(os.Args[0], "-test.run=^TestExpectFails$")
	child.Env = append(os.Environ(), failing+"=1")
	output, err := child.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("the test that fails: %v\n%s", err, output)
	}
	source, err := os.ReadFile("expect_test.go")
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(string(source), "// a failure of a client")
	line := strings.Count(before, "\n") + 1
	want := regexp.MustCompile(fmt.Sprintf(`(?m)^    expect_test\.go:%d: client 0: wstest: received Text "no", want Text "yes"$`, line))
	if !want.Match(output) || strings.Contains(string(output), "has not ended") {
		t.Errorf("the test that fails printed\n%s", output)
	}
}
