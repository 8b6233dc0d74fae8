//go:build unix

package deflate

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/lxzan/gws"

	"github.com/handset-go/handset/ws"
)

var (
	sizes        = []int{0, 1, 125, 126, 64 << 10, 1 << 20}
	compressions = map[string]ws.Compression{"frugal": ws.Frugal(), "balanced": ws.Balanced(), "dense": ws.Dense()}
)

// echoServer sends every message back.
func echoServer(t *testing.T, c ws.Compression) string {
	upgrader := ws.Upgrader{Compression: c}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, stream, err := upgrader.Handle(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		go func() {
			defer session.Close(ws.CloseReason{})
			for msg, err := range stream.Aggregate(2 << 20).All(context.Background()) {
				if err != nil || session.Send(context.Background(), msg) != nil {
					return
				}
			}
		}()
	}))
	t.Cleanup(srv.Close)
	return strings.Replace(srv.URL, "http", "ws", 1)
}

func TestGorillasClientHasCompressedMessagesEchoed(t *testing.T) {
	for name, c := range compressions {
		t.Run(name, func(t *testing.T) {
			dialer := websocket.Dialer{EnableCompression: true}
			conn, resp, err := dialer.Dial(echoServer(t, c), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if !strings.HasPrefix(resp.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate") {
				t.Error("no compression was agreed on")
			}
			for _, n := range sizes {
				want := bytes.Repeat([]byte("handset "), n/8+1)[:n]
				if err := conn.WriteMessage(websocket.TextMessage, want); err != nil {
					t.Fatal(err)
				}
				if _, got, err := conn.ReadMessage(); err != nil || !bytes.Equal(got, want) {
					t.Fatalf("%d bytes came back as %d, %v", n, len(got), err)
				}
			}
		})
	}
}

// inbox keeps what gws's client receives.
type inbox struct {
	gws.BuiltinEventHandler
	messages chan []byte
}

func (in *inbox) OnMessage(_ *gws.Conn, message *gws.Message) {
	in.messages <- bytes.Clone(message.Bytes())
	message.Close()
}

func (in *inbox) OnClose(*gws.Conn, error) { close(in.messages) }

func TestGwsClientHasCompressedMessagesEchoed(t *testing.T) {
	for name, c := range compressions {
		for _, takeover := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ",takeover=", takeover), func(t *testing.T) {
				in := &inbox{messages: make(chan []byte, 1)}
				conn, resp, err := gws.NewClient(in, &gws.ClientOption{
					Addr:               echoServer(t, c),
					ReadMaxPayloadSize: 2 << 20,
					PermessageDeflate: gws.PermessageDeflate{
						Enabled: true, ServerContextTakeover: takeover, ClientContextTakeover: takeover, Threshold: 1,
					},
				})
				if err != nil {
					t.Fatal(err)
				}
				go conn.ReadLoop()
				defer conn.WriteClose(1000, nil)
				if !strings.HasPrefix(resp.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate") {
					t.Error("no compression was agreed on")
				}
				for _, n := range sizes {
					want := bytes.Repeat([]byte("handset "), n/8+1)[:n]
					if err := conn.WriteMessage(gws.OpcodeText, want); err != nil {
						t.Fatal(err)
					}
					if got, ok := <-in.messages; !ok || !bytes.Equal(got, want) {
						t.Fatalf("%d bytes came back as %d", n, len(got))
					}
				}
			})
		}
	}
}
