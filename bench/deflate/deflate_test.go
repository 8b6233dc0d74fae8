//go:build unix

// Package deflate compares compression beside gws: an echo's CPU and its bytes
// on the wire, and what a prepared broadcast costs for each who hears it.
package deflate

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/flate"
	"github.com/lxzan/gws"

	"github.com/handset-go/handset/ws"
)

// document is JSON of about n bytes, a different one for every seed.
func document(n, seed int) []byte {
	b := []byte{'['}
	for i := seed * 1000; len(b) < n-120; i++ {
		b = fmt.Appendf(b, `{"id":%d,"name":"user %d","score":%d.%d,"tags":["a%d","b%d"],"active":%v},`,
			i*7919, i*31, i*i%1000, i%10, i%7, i%13, i%3 == 0)
	}
	return append(b, `{}]`...)
}

type echo struct{ gws.BuiltinEventHandler }

func (*echo) OnMessage(socket *gws.Conn, message *gws.Message) {
	defer message.Close()
	_ = socket.WriteMessage(message.Opcode, message.Bytes())
}

func serveGws(takeover bool) http.HandlerFunc {
	upgrader := gws.NewUpgrader(new(echo), &gws.ServerOption{
		CheckUtf8Enabled: true,
		PermessageDeflate: gws.PermessageDeflate{
			Enabled: true, ServerContextTakeover: takeover, ClientContextTakeover: takeover,
		},
	})
	return func(w http.ResponseWriter, r *http.Request) {
		if socket, err := upgrader.Upgrade(w, r); err == nil {
			go socket.ReadLoop()
		}
	}
}

func serveHandset(takeover bool) http.HandlerFunc {
	upgrader := ws.Upgrader{Compression: ws.Frugal()}
	if takeover {
		upgrader.Compression = ws.Balanced()
	}
	return func(w http.ResponseWriter, r *http.Request) {
		session, stream, err := upgrader.Handle(w, r)
		if err != nil {
			return
		}
		go func() {
			defer session.Close(ws.CloseReason{})
			for msg, err := range stream.Aggregate(1 << 20).All(context.Background()) {
				if err != nil || session.Send(context.Background(), msg) != nil {
					return
				}
			}
		}()
	}
}

// dial does a handshake by hand, so that the client costs next to nothing.
func dial(b *testing.B, srv *httptest.Server) (net.Conn, *bufio.Reader) {
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"+
		"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n")
	br := bufio.NewReaderSize(conn, 512)
	resp, err := http.ReadResponse(br, nil)
	if err != nil || resp.StatusCode != 101 {
		b.Fatal(resp, err)
	}
	return conn, br
}

// request is a client's frame of a compressed message that refers to none
// before it, with a masking key of zeros.
func request(data []byte) []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriterWindow(&out, 4<<10)
	_, _ = w.Write(data)
	_ = w.Flush()
	packed := bytes.TrimSuffix(out.Bytes(), []byte("\x00\x00\xff\xff"))
	return append(append(binary.BigEndian.AppendUint16([]byte{0xc1, 0x80 | 126}, uint16(len(packed))), 0, 0, 0, 0), packed...)
}

// skip reads over a frame and returns how long it was.
func skip(b *testing.B, br *bufio.Reader) int {
	h, err := br.Peek(4)
	if err != nil {
		b.Fatal(err)
	}
	n := 2 + int(h[1])
	if h[1] == 126 {
		n = 4 + int(binary.BigEndian.Uint16(h[2:]))
	}
	if _, err := io.CopyN(io.Discard, br, int64(n)); err != nil {
		b.Fatal(err)
	}
	return n
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkEcho reports the CPU of both ends, of which the client's is the same
// for all, and the bytes of an answer.
func BenchmarkEcho(b *testing.B) {
	servers := map[string]func(bool) http.HandlerFunc{"gws": serveGws, "handset": serveHandset}
	for _, size := range []int{1 << 10, 16 << 10} {
		for _, takeover := range []bool{false, true} {
			for _, name := range []string{"gws", "handset"} {
				b.Run(fmt.Sprintf("size=%d/takeover=%v/%s", size, takeover, name), func(b *testing.B) {
					srv := httptest.NewServer(servers[name](takeover))
					defer srv.Close()
					conn, br := dial(b, srv)
					defer conn.Close()
					var said [64][]byte
					for i := range said {
						said[i] = request(document(size, i))
					}
					start, wire, i := cpu(), 0, 0
					for b.Loop() {
						if _, err := conn.Write(said[i%len(said)]); err != nil {
							b.Fatal(err)
						}
						wire += skip(b, br)
						i++
					}
					b.ReportMetric(float64((cpu()-start).Microseconds())/float64(b.N), "µs-cpu/op")
					b.ReportMetric(float64(wire)/float64(b.N), "wire-B")
				})
			}
		}
	}
}

// BenchmarkBroadcast sends 1 KiB of JSON to 1,000 sessions.
func BenchmarkBroadcast(b *testing.B) {
	const members = 1000
	data := document(1<<10, 0)
	for _, way := range []struct {
		name string
		c    ws.Compression
		sent func(*ws.Session, *ws.PreparedMessage) error
	}{
		{"uncompressed", ws.Compression{}, func(s *ws.Session, _ *ws.PreparedMessage) error { return s.TextBytes(context.Background(), data) }},
		{"prepared", ws.Compression{}, func(s *ws.Session, m *ws.PreparedMessage) error { return s.SendPrepared(context.Background(), m) }},
		{"prepared,frugal", ws.Frugal(), func(s *ws.Session, m *ws.PreparedMessage) error { return s.SendPrepared(context.Background(), m) }},
		{"prepared,balanced", ws.Balanced(), func(s *ws.Session, m *ws.PreparedMessage) error { return s.SendPrepared(context.Background(), m) }},
	} {
		b.Run(way.name, func(b *testing.B) {
			upgrader, sessions := ws.Upgrader{Compression: way.c}, make(chan *ws.Session, members)
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if session, _, err := upgrader.Handle(w, r); err == nil {
					sessions <- session
				}
			}))
			defer srv.Close()
			var all []*ws.Session
			var clients []*bufio.Reader
			for range members {
				conn, br := dial(b, srv)
				session := <-sessions
				defer func() { conn.Close(); _ = session.Close(ws.CloseReason{}); <-session.Done() }()
				clients, all = append(clients, br), append(all, session)
			}
			var spent time.Duration
			for b.Loop() {
				start := cpu()
				m, err := ws.Prepare(ws.Text, data)
				if err != nil {
					b.Fatal(err)
				}
				for _, s := range all {
					if err := way.sent(s, m); err != nil {
						b.Fatal(err)
					}
				}
				spent += cpu() - start
				for _, br := range clients {
					skip(b, br)
				}
			}
			b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N)/members, "ns-cpu/delivery")
		})
	}
}
