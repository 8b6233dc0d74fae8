//go:build unix

package deflate

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/coder/websocket"
)

func serveCoder(bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionNoContextTakeover})
		if err != nil {
			return
		}
		go func() {
			for {
				kind, data, err := conn.Read(context.Background())
				if err != nil || conn.Write(context.Background(), kind, data) != nil {
					return
				}
			}
		}()
	}
}

// BenchmarkIdle reports the heap and the stacks that a session takes, its
// client's connection and reader included, when it has echoed a message of 1 KiB
// and waits for the next: compressed without takeover.
func BenchmarkIdle(b *testing.B) {
	const members = 5_000
	for _, server := range []struct {
		name  string
		serve func(bool) http.HandlerFunc
	}{{"handset", serveHandset}, {"gws", serveGws}, {"coder", serveCoder}} {
		b.Run(server.name, func(b *testing.B) {
			srv := httptest.NewServer(server.serve(false))
			defer srv.Close()
			said := request(document(1<<10, 0))
			before, n := inUse(), 0
			for range members {
				conn, br := dial(b, srv)
				defer conn.Close()
				if _, err := conn.Write(said); err != nil {
					b.Fatal(err)
				}
				skip(b, br)
				n++
			}
			b.ReportMetric(float64(inUse()-before)/float64(n), "B/session")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func inUse() int64 {
	debug.FreeOSMemory()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
