//go:build unix

package deflate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/lxzan/gws"

	"github.com/handset-go/handset/ws"
)

const mebibyte = 1 << 20

// The sizes of messages, and the numbers of fragments that the server sends
// them in.
var (
	sizes     = []int{0, 1, 125, 126, 64 << 10, mebibyte, 16 * mebibyte}
	fragments = []int{1, 2, 100}
)

// records is the payload of which messages are the beginning: what can be
// compressed, but not to next to nothing.
var records = sync.OnceValue(func() []byte {
	rng := rand.New(rand.NewPCG(7692, 1))
	var b []byte
	for i := 0; len(b) < 16*mebibyte; i++ {
		b = fmt.Appendf(b, `{"id":%d,"name":"%x","score":%d},`, i, rng.Uint32(), rng.IntN(1000))
	}
	return b[:16*mebibyte]
})

// agreement is a combination of the parameters of permessage-deflate.
type agreement struct {
	serverAlone, clientAlone bool // no context takeover
	serverBits, clientBits   int
}

// agreements are all combinations of takeover and the given windows.
func agreements(serverBits, clientBits []int) (all []agreement) {
	for _, server := range serverBits {
		for _, client := range clientBits {
			for i := range 4 {
				all = append(all, agreement{i&1 != 0, i&2 != 0, server, client})
			}
		}
	}
	return all
}

// answer is the server's to an offer that leaves the server's window open, or
// else names it.
func (a agreement) answer() string {
	s := "permessage-deflate"
	if a.serverAlone {
		s += "; server_no_context_takeover"
	}
	if a.clientAlone {
		s += "; client_no_context_takeover"
	}
	if a.serverBits < 15 {
		s += fmt.Sprint("; server_max_window_bits=", a.serverBits)
	}
	if a.clientBits < 15 {
		s += fmt.Sprint("; client_max_window_bits=", a.clientBits)
	}
	return s
}

// matrixServer sends every message back once for each number of fragments.
func matrixServer(t *testing.T, c ws.Compression) string {
	upgrader := ws.Upgrader{Compression: c}
	var echoes sync.WaitGroup
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		echoes.Add(1)
		defer echoes.Done()
		session, stream, err := upgrader.Handle(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		defer session.Close(ws.CloseReason{})
		for msg, err := range stream.Aggregate(16 * mebibyte).All(context.Background()) {
			if err != nil || msg.Kind == ws.Close {
				return
			}
			for _, n := range fragments {
				if err := sendFragments(session, msg, n); err != nil {
					t.Error(err)
					return
				}
			}
		}
	}))
	t.Cleanup(srv.Close)
	t.Cleanup(echoes.Wait)
	return strings.Replace(srv.URL, "http", "ws", 1)
}

// sendFragments sends a message in n fragments.
func sendFragments(session *ws.Session, msg ws.Message, n int) (err error) {
	ctx, part, size := context.Background(), ws.FirstText, len(msg.Data)
	if n == 1 {
		return session.Send(ctx, msg)
	}
	if msg.Kind == ws.Binary {
		part = ws.FirstBinary
	}
	for k := range n {
		if k == n-1 {
			part = ws.Last
		}
		err = errors.Join(err, session.Continuation(ctx, part, msg.Data[k*size/n:(k+1)*size/n]))
		part = ws.Continue
	}
	return err
}

// counted is a connection that counts what it carries.
type counted struct {
	net.Conn
	read, written int // by one goroutine each
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read += n
	return n, err
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.written += n
	return n, err
}

// dialCounted connects to addr, and keeps what it returns in c.
func dialCounted(c *counted, addr string) (_ net.Conn, err error) {
	c.Conn, err = net.Dial("tcp", addr)
	return c, err
}

// talk sends messages of all sizes, each in both kinds, and wants each back once
// for every number of fragments, with fewer bytes on the wire in both directions.
func talk(t *testing.T, wire *counted, sizes []int, send func(text bool, data []byte) error, receive func() (text bool, data []byte, err error)) {
	t.Helper()
	for i, n := range slices.Concat(sizes, sizes[:len(sizes)-1]) { // the largest once
		text, want := i%2 == 0, records()[:n]
		read, written := wire.read, wire.written
		if err := send(text, want); err != nil {
			t.Fatal(err)
		}
		for range fragments {
			if gotText, got, err := receive(); err != nil || gotText != text || !bytes.Equal(got, want) {
				t.Fatalf("%d bytes, text: %t, came back as %d, text: %t, %v", n, text, len(got), gotText, err)
			}
		}
		read, written = wire.read-read, wire.written-written
		if n > 1000 && (read > 3*n*2/3 || written > n*2/3) {
			t.Errorf("%d bytes took %d to send, and thrice %d to receive", n, written, read)
		}
	}
}

// Gorilla's client offers no takeover and nothing else, and takes no window but
// its own.
func TestGorillasClientHasCompressedMessagesEchoed(t *testing.T) {
	for _, level := range []int{1, 5} {
		for _, buffer := range []int{256, 4 << 10, 1 << 20} { // of which every frame is full
			t.Run(fmt.Sprintf("level=%d,buffer=%d", level, buffer), func(t *testing.T) {
				c := ws.Compression{Level: level, MinSize: 125, SendTakeover: true, RecvTakeover: true}
				wire := new(counted)
				dialer := websocket.Dialer{
					EnableCompression: true, WriteBufferSize: buffer,
					NetDial: func(_, addr string) (net.Conn, error) { return dialCounted(wire, addr) },
				}
				conn, resp, err := dialer.Dial(matrixServer(t, c), nil)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				want := agreement{true, true, 15, 15}.answer()
				if got := resp.Header.Get("Sec-WebSocket-Extensions"); got != want {
					t.Errorf("agreed on %q, want %q", got, want)
				}
				talk(t, wire, sizes, func(text bool, data []byte) error {
					kind := websocket.BinaryMessage
					if text {
						kind = websocket.TextMessage
					}
					w, err := conn.NextWriter(kind)
					if err != nil {
						return err
					}
					_, err = w.Write(data)
					return errors.Join(err, w.Close())
				}, func() (bool, []byte, error) {
					kind, data, err := conn.ReadMessage()
					return kind == websocket.TextMessage, data, err
				})
			})
		}
	}
}

// inbox keeps what gws's client receives.
type inbox struct {
	gws.BuiltinEventHandler
	messages chan received
}

type received struct {
	text bool
	data []byte
}

func (in *inbox) OnMessage(_ *gws.Conn, message *gws.Message) {
	in.messages <- received{message.Opcode == gws.OpcodeText, bytes.Clone(message.Bytes())}
	message.Close()
}

func (in *inbox) OnClose(*gws.Conn, error) { close(in.messages) }

func (in *inbox) receive() (text bool, data []byte, err error) {
	m, ok := <-in.messages
	if !ok {
		err = net.ErrClosed
	}
	return m.text, m.data, err
}

// Gws's client sends fragments, of 128 KiB as they come out of its compressor,
// by WriteFile alone.
func TestGwsClientHasCompressedMessagesEchoed(t *testing.T) {
	bits := []int{15, 12, 9, 8}
	for i, a := range agreements(bits, bits) {
		file := i/4%2 == 0
		t.Run(fmt.Sprintf("%+v,file=%t", a, file), func(t *testing.T) {
			in, wire := &inbox{messages: make(chan received, 1)}, new(counted)
			c := ws.Compression{Level: []int{1, 5}[(i+i/4)%2], MinSize: 125, SendTakeover: true, RecvTakeover: true}
			conn, resp, err := gws.NewClient(in, &gws.ClientOption{
				Addr:               matrixServer(t, c),
				NewDialer:          func() (gws.Dialer, error) { return dialer{wire}, nil },
				ReadMaxPayloadSize: 16 * mebibyte, WriteMaxPayloadSize: 16 * mebibyte,
				PermessageDeflate: gws.PermessageDeflate{
					Enabled: true, Threshold: 1,
					ServerContextTakeover: !a.serverAlone, ClientContextTakeover: !a.clientAlone,
					ServerMaxWindowBits: a.serverBits, ClientMaxWindowBits: a.clientBits,
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			go conn.ReadLoop()
			defer conn.WriteClose(1000, nil)
			if got := resp.Header.Get("Sec-WebSocket-Extensions"); got != a.answer() {
				t.Errorf("agreed on %q, want %q", got, a.answer())
			}
			sizes := sizes
			if i%9 != 0 { // with which every value of every parameter has the largest
				sizes = sizes[:len(sizes)-1]
			}
			talk(t, wire, sizes, func(text bool, data []byte) error {
				kind := gws.OpcodeBinary
				if text {
					kind = gws.OpcodeText
				}
				if file {
					return conn.WriteFile(kind, bytes.NewReader(data))
				}
				return conn.WriteMessage(kind, data)
			}, in.receive)
		})
	}
}

type dialer struct{ wire *counted }

func (d dialer) Dial(_, addr string) (net.Conn, error) { return dialCounted(d.wire, addr) }
