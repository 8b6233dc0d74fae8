package outbox

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/transport"
)

// sink is a transport that takes everything at once.
type sink struct{ transport.Conn }

func (sink) Write(p *transport.Slices, _ bool) (int, error) { return len(p.Head) + len(p.Body), nil }
func (sink) SetWriteDeadline(time.Time) error               { return nil }

// benchCallbacks are the Callbacks of an outbox on a sink.
type benchCallbacks struct {
	out     boundOutbox
	conn    transport.Conn
	writers sync.WaitGroup
}

func newBenchCallbacks() *benchCallbacks {
	k := &benchCallbacks{conn: sink{}}
	k.out.cb = k
	k.out.Init(64<<10, frame.Server)
	return k
}

func (k *benchCallbacks) Conn() transport.Conn     { return k.conn }
func (k *benchCallbacks) StartWriter()             { k.writers.Go(func() { k.out.Run() }) }
func (k *benchCallbacks) StartTimer()              {}
func (k *benchCallbacks) Compressing() sync.Locker { return new(sync.Mutex) }
func (k *benchCallbacks) Drained()                 {}
func (k *benchCallbacks) Count(_, _ Count)         {}
func (k *benchCallbacks) Compress(_, _, _ []byte, _, _ bool) ([]byte, bool) {
	return nil, false
}
func (k *benchCallbacks) WriteFailed(error) {}

var benchPayload = make([]byte, 125)

func BenchmarkPutAlone(b *testing.B) {
	k := newBenchCallbacks()
	b.ReportAllocs()
	for b.Loop() {
		k.send(b, false)
		k.out.Idle(Count{})
	}
	k.writers.Wait()
}

// Sixteen frames that are written at once, as the answers to a burst are.
func BenchmarkPutBatched(b *testing.B) {
	k := newBenchCallbacks()
	b.ReportAllocs()
	for b.Loop() {
		for range 16 {
			k.send(b, true)
		}
		k.out.Idle(Count{})
	}
	k.writers.Wait()
}

func BenchmarkPutContended(b *testing.B) {
	k := newBenchCallbacks()
	b.SetParallelism(4)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			k.send(b, false)
		}
	})
	k.writers.Wait()
}

func (k *benchCallbacks) send(b *testing.B, batch bool) {
	f := Frame{Opcode: frame.Binary, Fin: true, Data: benchPayload, Batch: batch}
	if err := k.out.Put(context.Background(), &f); err != nil {
		b.Fatal(err)
	}
}

// What the statistics take of the time of a message that is received and of one
// that is sent, calls of Callbacks.Count included.
func BenchmarkCounting(b *testing.B) {
	k := newBenchCallbacks()
	t := k.out.acquireLocked()
	f := &Frame{Opcode: frame.Binary, Fin: true, Data: benchPayload}
	b.ReportAllocs()
	for b.Loop() {
		k.out.countReceivedLocked(k, Count{Messages: 1, Frames: 1, Headers: 6, Wire: 131})
		t.uncounted.frame(f, f.size())
		k.out.countSentLocked(k)
	}
}
