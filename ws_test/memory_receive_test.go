package ws_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// allocated is the number of bytes that the program allocates while f runs.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// expectFrugal checks that f allocates less than limit bytes all in all, so
// that it cannot have held more.
func expectFrugal(t *testing.T, limit uint64, f func()) {
	t.Helper()
	if n := allocated(f); n >= limit && !raceDetector { // which empties pools
		t.Errorf("%d bytes were allocated, want less than %d", n, limit)
	}
}

// A message of 1 GiB is streamed in less than 1 MiB.
func TestMemoryOfGibibyteMessage(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for _, over := range transports {
			t.Run(over.name, func(t *testing.T) {
				size := 1 << 30
				switch {
				case raceDetector, testing.Short():
					size = 32 << 20
				case over.tls: // crypto/tls allocates for every record
					size = 64 << 20
				}
				p := on.connectOver(t, over, &ws.Upgrader{})
				p.stream = p.stream.MaxFrameSize(size)
				part := masked(opBinary, make([]byte, 256<<10))[14:] // the key again and again
				head := append(header(fin|opBinary, uint64(size)), 0x37, 0xfa, 0x21, 0x3d)
				expectFrugal(t, 1<<20, func() {
					wrote := make(chan error, 1)
					go func() { wrote <- writeRepeated(p.conn, head, part, size) }()
					expectZeroes(t, p.stream, size)
					if err := await(t, wrote, "the client's last write"); err != nil {
						t.Fatal(err)
					}
				})
			})
		}
	})
}

func writeRepeated(w io.Writer, head, part []byte, size int) error {
	_, err := w.Write(head)
	for ; size > 0 && err == nil; size -= len(part) {
		_, err = w.Write(part)
	}
	return err
}

// expectZeroes receives a binary message of nothing but zeroes.
func expectZeroes(t *testing.T, stream *ws.MessageStream, size int) {
	t.Helper()
	zeroes := make([]byte, 64<<10)
	for {
		msg, err := stream.Recv(context.Background())
		if err != nil || !bytes.Equal(msg.Data, zeroes[:len(msg.Data)]) {
			t.Fatalf("received %v of %d bytes with %d to come, %v", msg.Kind, len(msg.Data), size, err)
		}
		if size -= len(msg.Data); msg.Kind == ws.Last {
			break
		}
	}
	if size != 0 {
		t.Fatalf("%d bytes are missing", size)
	}
}

// Headers that declare 1 GiB allocate next to nothing.
func TestDeclaredLengthAllocatesNothing(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for name, receive := range map[string]func(context.Context, *ws.MessageStream) (ws.Message, error){
			"raw": func(ctx context.Context, m *ws.MessageStream) (ws.Message, error) { return m.Recv(ctx) },
			"aggregate": func(ctx context.Context, m *ws.MessageStream) (ws.Message, error) {
				return m.Aggregate(math.MaxInt).Recv(ctx)
			},
		} {
			t.Run(name, func(t *testing.T) {
				for _, over := range transports {
					var pairs []*pair
					for range 4 {
						pairs = append(pairs, on.connectOver(t, over, &ws.Upgrader{}))
					}
					expectFrugal(t, 1<<20, func() {
						for _, p := range pairs {
							p.write(append(header(opBinary, 1<<30), 1, 2, 3, 4))
							receiveNothing(t, p, receive)
							p.write([]byte{1, 2, 3})
							receiveNothing(t, p, receive)
						}
					})
				}
			})
		}
	})
}

// receiveNothing receives for a short time, in which no whole message may come.
func receiveNothing(t *testing.T, p *pair, receive func(context.Context, *ws.MessageStream) (ws.Message, error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	for {
		msg, err := receive(ctx, p.stream)
		if errors.Is(err, context.DeadlineExceeded) {
			return
		}
		if err != nil || len(msg.Data) > 3 {
			t.Fatalf("received %v of %d bytes, %v", msg.Kind, len(msg.Data), err)
		}
	}
}

// A million fragments cost no more than their bytes.
func TestMemoryOfMillionFragments(t *testing.T) {
	n := 1_000_000
	if raceDetector || testing.Short() {
		n = 100_000
	}
	for name, part := range map[string]string{"empty": "", "of one byte": "x"} {
		t.Run(name, func(t *testing.T) {
			sent := masked(opText, []byte(part))
			sent = append(sent, bytes.Repeat(masked(opContinuation, []byte(part)), n-2)...)
			sent = append(sent, masked(fin|opContinuation, []byte(part))...)
			overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				stream := p.stream.Aggregate(n)
				began := cpuTime()
				expectFrugal(t, 4<<20, func() { // the buffer as it grows
					p.writeLater(sent)
					if msg := recvWhole(t, stream); msg.Kind != ws.Text || len(msg.Data) != n*len(part) {
						t.Fatalf("received %v of %d bytes", msg.Kind, len(msg.Data))
					}
				})
				if took := cpuTime() - began; took > 5*time.Second && !raceDetector {
					t.Errorf("%v of CPU, both ends together", took)
				}
			})
		})
	}
}

func TestAggregateLimitOfMillionFragments(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		const n = 1_000_000
		sent := append(masked(opText, []byte("x")), bytes.Repeat(masked(opContinuation, []byte("x")), n)...)
		sent = append(sent, 0xFF) // so that the stream ends
		p := on.connect(t, &ws.Upgrader{})
		stream := p.stream.Aggregate(1000)
		expectFrugal(t, 1<<20, func() {
			p.writeLater(sent)
			if _, err := stream.Recv(testContext(t)); err != ws.ErrMessageTooBig {
				t.Fatalf("received %v", err)
			}
			_, err := stream.Recv(testContext(t))
			expectViolation(t, err, ws.CloseProtocolError)
		})
	})
}
