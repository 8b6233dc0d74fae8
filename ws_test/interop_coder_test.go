package ws_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/internal/tooltest"
	"github.com/handset-go/handset/ws"
)

// mixedMessages is how many messages every foreign client sends.
const mixedMessages = 1000

// mixedSizes are their lengths, in turn: the boundaries of RFC 6455 §5.2, and more.
var mixedSizes = []int{0, 1, 2, 10, 100, 124, 125, 126, 127, 128, 129, 200, 1000, 1001, 4096, 4097, 16384, 65535, 65536, 65537}

// mixedMessage returns the i-th message: text and binary in turns of twenty,
// every third one in fragments, whose boundaries are inside characters.
func mixedMessage(i int) (kind websocket.MessageType, data []byte, fragmented bool) {
	size := mixedSizes[i%len(mixedSizes)]
	if i/len(mixedSizes)%2 == 1 {
		data = make([]byte, size)
		for k := range data {
			data[k] = byte(i + k*7)
		}
		return websocket.MessageBinary, data, i%3 == 0
	}
	const text = "aé手📞"
	data = append(bytes.Repeat([]byte(text), size/len(text)), strings.Repeat("x", size%len(text))...)
	return websocket.MessageText, data, i%3 == 0
}

func TestInteropCoderMixedMessages(t *testing.T) {
	tooltest.Wanted(t)
	for _, over := range transports {
		for _, see := range tallyViews {
			t.Run(over.name+", "+see.name, func(t *testing.T) {
				srv, tallies := talliedEcho(t, over, see)
				client := dialCoder(t, srv)
				total := talkMixed(t, client)
				if err := client.Close(4321, "that is all"); err != nil {
					t.Errorf("close: %v", err)
				}
				see.expectTally(t, await(t, tallies, "the session's end"), tally{
					messages: mixedMessages, bytes: total, pings: mixedMessages / pingEvery, pongs: mixedMessages / pingEvery,
					closed: ws.CloseReason{Code: 4321, Description: "that is all"},
				})
			})
		}
	}
}

func TestInteropCoderCompressedMessages(t *testing.T) {
	tooltest.Wanted(t)
	for mode, name := range map[websocket.CompressionMode]string{
		websocket.CompressionContextTakeover: "takeover", websocket.CompressionNoContextTakeover: "no takeover",
	} {
		for v, see := range tallyViews {
			for i, test := range compressions {
				if raceDetector && (i+v)%4 != 0 { // it takes long
					continue
				}
				t.Run(name+", "+test.name+", "+see.name, func(t *testing.T) {
					srv, tallies := talliedEchoWith(t, transports[0], see, &ws.Upgrader{Compression: test.c})
					client := dialCoderWith(t, srv, mode)
					total := talkMixed(t, client)
					_ = client.Close(4321, "that is all")
					see.expectTally(t, await(t, tallies, "the session's end"), tally{
						messages: mixedMessages, bytes: total, pings: mixedMessages / pingEvery, pongs: mixedMessages / pingEvery,
						closed: ws.CloseReason{Code: 4321, Description: "that is all"},
					})
				})
			}
		}
	}
}

// dialCoder connects coder/websocket's client.
func dialCoder(t *testing.T, srv *httptest.Server) *websocket.Conn {
	return dialCoderWith(t, srv, websocket.CompressionDisabled)
}

// dialCoderWith connects it with an offer of compression.
func dialCoderWith(t *testing.T, srv *httptest.Server, mode websocket.CompressionMode) *websocket.Conn {
	t.Helper()
	client, _, err := websocket.Dial(testContext(t), srv.URL, &websocket.DialOptions{HTTPClient: srv.Client(), CompressionMode: mode})
	if err != nil {
		t.Fatal(err)
	}
	client.SetReadLimit(-1)
	t.Cleanup(func() { _ = client.CloseNow() })
	return client
}

// talkMixed sends the mixed messages while it checks what comes back, with a
// ping now and then, and returns how many bytes they had.
func talkMixed(t *testing.T, client *websocket.Conn) (total int) {
	t.Helper()
	ctx := testContext(t)
	sent := make(chan error, 1)
	go func() { sent <- sendMixed(ctx, client) }()
	for i := range mixedMessages {
		wantKind, want, _ := mixedMessage(i)
		kind, got, err := client.Read(ctx)
		if err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
		if kind != wantKind || !bytes.Equal(got, want) {
			t.Fatalf("message %d, %d bytes of %v, came back as %d bytes of %v", i, len(want), wantKind, len(got), kind)
		}
		total += len(got)
	}
	if err := await(t, sent, "the end of sending"); err != nil {
		t.Fatal(err)
	}
	return total
}

func sendMixed(ctx context.Context, client *websocket.Conn) error {
	for i := range mixedMessages {
		kind, data, fragmented := mixedMessage(i)
		if err := sendCoder(ctx, client, kind, data, fragmented); err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
		if i%pingEvery == 0 {
			if err := client.Ping(ctx); err != nil {
				return fmt.Errorf("ping %d: %w", i, err)
			}
		}
	}
	return nil
}

// sendCoder sends a message, in three fragments and an empty one if it is to be
// fragmented.
func sendCoder(ctx context.Context, client *websocket.Conn, kind websocket.MessageType, data []byte, fragmented bool) error {
	if !fragmented {
		return client.Write(ctx, kind, data)
	}
	w, err := client.Writer(ctx, kind)
	if err != nil {
		return err
	}
	for k := range 3 {
		if _, err := w.Write(data[k*len(data)/3 : (k+1)*len(data)/3]); err != nil {
			return err
		}
	}
	return w.Close()
}

// Coder's client has no option for the size of its window, and asks for no
// takeover at all or leaves it to the server. Its compressor decides where
// fragments end, so that only the server makes those of the plan.
func TestInteropCoderCompression(t *testing.T) {
	tooltest.Wanted(t)
	records := records(16 * mebibyte)
	for i, a := range agreements([]int{15, 12, 9, 8}, []int{15}) {
		t.Run(a.String(), func(t *testing.T) {
			plan, mode := planUpTo(mebibyte), websocket.CompressionContextTakeover
			if i == 0 { // one of them with the long ones, too
				plan = planUpTo(16 * mebibyte)
			}
			if a.ServerAlone && a.ClientAlone {
				mode = websocket.CompressionNoContextTakeover
			}
			proxy := servePlanned(t, a.serverChooses(i), plan, records)
			client, _, err := websocket.Dial(testContext(t), proxy.url, &websocket.DialOptions{CompressionMode: mode, CompressionThreshold: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer client.CloseNow()
			client.SetReadLimit(-1)
			for _, p := range plan {
				if err := talkPlanned(testContext(t), client, p, records[:p.Size]); err != nil {
					t.Fatalf("%+v: %v", p, err)
				}
			}
			if err := client.Close(4321, ""); err != nil {
				t.Error(err)
			}
			await(t, proxy.conns, "the end of the call").expect(t, a, false, false, plan)
		})
	}
}

// talkPlanned sends a message and expects it back.
func talkPlanned(ctx context.Context, client *websocket.Conn, p planned, data []byte) error {
	kind := websocket.MessageBinary
	if p.Text {
		kind = websocket.MessageText
	}
	w, err := client.Writer(ctx, kind)
	if err != nil {
		return err
	}
	for k := range p.Fragments {
		if _, err := w.Write(data[k*p.Size/p.Fragments : (k+1)*p.Size/p.Fragments]); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	gotKind, got, err := client.Read(ctx)
	if err == nil && (gotKind != kind || !bytes.Equal(got, data)) {
		err = fmt.Errorf("came back as %v of %d bytes", gotKind, len(got))
	}
	return err
}
