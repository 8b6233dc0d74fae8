package ws_test

import (
	"runtime"
	"testing"

	"github.com/handset-go/handset/ws"
)

// idleHeap is the heap that a session needs between two messages: the least of three
// measurements, since what other tests have left may be freed meanwhile.
func idleHeap(t *testing.T, u *ws.Upgrader, offer string) int {
	return min(measureIdleHeap(t, u, offer), measureIdleHeap(t, u, offer), measureIdleHeap(t, u, offer))
}

func measureIdleHeap(t *testing.T, u *ws.Upgrader, offer string) int {
	const n = 300
	measure := func() uint64 {
		var m runtime.MemStats
		for range 3 { // empties the pools too
			runGC()
		}
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	sessions := make([]*ws.Session, n)
	before := measure()
	for i := range sessions {
		p := connectPipe(t, u, "Sec-WebSocket-Extensions", offer)
		sessions[i] = p.session
	}
	after := measure()
	runtime.KeepAlive(sessions)
	return (int(after) - int(before)) / n
}

func TestCompressedIdleSessionMemory(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector takes memory of its own")
	}
	const offer = "permessage-deflate; client_max_window_bits"
	without := idleHeap(t, &ws.Upgrader{}, offer)
	with := idleHeap(t, &ws.Upgrader{Compression: ws.Frugal()}, offer)
	t.Logf("%d bytes without, %d with", without, with)
	if with-without > 300 {
		t.Errorf("an idle session takes %d bytes, %d with compression", without, with)
	}
}
