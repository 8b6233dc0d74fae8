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

// keeper is the Host of an outbox on a sink.
type keeper struct {
	out     box
	conn    transport.Conn
	writers sync.WaitGroup
}

func newKeeper() *keeper {
	k := &keeper{conn: sink{}}
	k.out.h = k
	k.out.Init(64 << 10)
	return k
}

func (k *keeper) Conn() transport.Conn     { return k.conn }
func (k *keeper) StartWriter()             { k.writers.Go(func() { k.out.Run() }) }
func (k *keeper) StartTimer()              {}
func (k *keeper) Compressing() sync.Locker { return new(sync.Mutex) }
func (k *keeper) Drained()                 {}
func (k *keeper) Count(_, _ Count)         {}
func (k *keeper) Compress(_, _, _ []byte, _, _ bool) ([]byte, bool) {
	return nil, false
}
func (k *keeper) WriteFailed(error) {}

var benchPayload = make([]byte, 125)

func BenchmarkPutAlone(b *testing.B) {
	k := newKeeper()
	b.ReportAllocs()
	for b.Loop() {
		k.send(b, false)
		k.out.Idle(Count{})
	}
	k.writers.Wait()
}

// Sixteen frames that leave in one write, as the answers to a burst do.
func BenchmarkPutGathered(b *testing.B) {
	k := newKeeper()
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
	k := newKeeper()
	b.SetParallelism(4)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			k.send(b, false)
		}
	})
	k.writers.Wait()
}

func (k *keeper) send(b *testing.B, gather bool) {
	f := Frame{Opcode: frame.Binary, Fin: true, Data: benchPayload, Gather: gather}
	if err := k.out.Put(context.Background(), &f); err != nil {
		b.Fatal(err)
	}
}

// What the statistics take of the time of a message that is received and of one
// that is sent, the host being told now and then included.
func BenchmarkCounting(b *testing.B) {
	k := newKeeper()
	t := k.out.busyLocked()
	f := &Frame{Opcode: frame.Binary, Fin: true, Data: benchPayload}
	b.ReportAllocs()
	for b.Loop() {
		k.out.countReceivedLocked(k, Count{Messages: 1, Frames: 1, Headers: 6, Wire: 131})
		t.leaving.frame(f)
		k.out.countSentLocked(k)
	}
}
