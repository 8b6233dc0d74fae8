package ws_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/handset-go/handset/ws"
)

// hearWhole has a session with compression listen to what its client said, in
// reads of the given sizes, and says what it heard.
func receiveCompressed(t testing.TB, c ws.Compression, said []byte, limit int, sizes ...int) (heard []string) {
	t.Helper()
	return receiveCompressedOn(t, c, newScript(said, sizes...), limit, false)
}

// hearOn is hearWhole on a connection. What is heard is sent back if echoes says
// so.
func receiveCompressedOn(t testing.TB, c ws.Compression, conn *script, limit int, echoes bool) (heard []string) {
	t.Helper()
	r := request()
	r.Header.Set("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")
	u := ws.Upgrader{Compression: c, SendBuffer: 1 << 30}
	session, stream, err := u.Handle(&responseWriter{conn: conn}, r)
	if err != nil {
		t.Fatal(err)
	}
	for msg, err := range stream.Aggregate(limit).All(context.Background()) {
		var failed *ws.ProtocolError
		switch {
		case errors.As(err, &failed):
			heard = append(heard, failed.Code.String())
		case err != nil:
			heard = append(heard, err.Error())
		case msg.Kind == ws.Text || msg.Kind == ws.Binary:
			heard = append(heard, fmt.Sprintf("%v %s", msg.Kind, msg.Data))
			if echoes {
				if err := session.Send(context.Background(), msg); err != nil {
					t.Error(err)
				}
			}
		default:
			heard = append(heard, fmt.Sprintf("%v %x %v", msg.Kind, msg.Data, msg.Reason))
		}
	}
	_ = session.Close(ws.CloseReason{})
	await(t, session.Done(), "the session's end")
	return heard
}

// randomPacked is what a client says in random messages, compressed or not, in
// any number of frames with pings in between, and what is to be heard of it.
func randomCompressed(rng *rand.Rand, p *compressing, limit int) (said []byte, heard []string) {
	lengths := []int{0, 1, 2, 125, 126, 1000, 4096, 65535, 65536, 65537, 70_000, 150_000}
	for range 1 + rng.IntN(6) {
		data := mixedText(lengths[rng.IntN(len(lengths))])
		if rng.IntN(3) == 0 {
			data = fmt.Appendf(nil, "%x", incompressible(len(data)/2))
		}
		packed, first := data, byte(opText)
		if rng.IntN(4) > 0 {
			packed, first = p.deflated(data), opText|rsv1
		}
		for last := false; !last; first = opContinuation {
			n := rng.IntN(len(packed) + 1)
			if last = rng.IntN(3) == 0; last {
				n, first = len(packed), first|fin
			}
			said = append(said, masked(first, packed[:n])...)
			packed = packed[n:]
		}
		if len(data) > limit {
			heard = append(heard, ws.ErrMessageTooBig.Error())
		} else {
			heard = append(heard, fmt.Sprintf("Text %s", data))
		}
	}
	return append(said, closeFrame(1000)...), append(heard, "Close  {1000 normal }")
}

// Ten thousand are run without the race detector by
// make allocations.
func TestRandomCompressedConversations(t *testing.T) {
	n := uint64(10_000)
	if raceDetector || testing.Short() {
		n = 100
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for seed := range n {
		group.Go(func() error { return echoRandomly(t, seed) })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

// echoRandomly has a session echo a random client, whose compressor and
// decompressor are the standard library's where the windows are the largest.
func echoRandomly(t *testing.T, seed uint64) error {
	rng := rand.New(rand.NewPCG(seed, 77))
	c := compressions[rng.IntN(3)].c
	bits := 15
	if c.RecvWindowBits > 0 {
		bits = c.RecvWindowBits
	}
	limit := []int{1000, 65535, 65536, 1 << 20}[rng.IntN(4)]
	p := newOfflineCompressing(c, bits)
	said, want := randomCompressed(rng, p, limit)
	conn := newScript(said, slices.DeleteFunc(randomSizes(rng), func(n int) bool { return n == 0 })...)
	heard := receiveCompressedOn(t, c, conn, limit, true)
	if !slices.Equal(heard, want) {
		return fmt.Errorf("seed %d: heard %.100q, want %.100q", seed, heard, want)
	}
	p.pair = &pair{client: &client{t: t, br: bufio.NewReader(bytes.NewReader(conn.out))}}
	for i, text := range want {
		text, ok := strings.CutPrefix(text, "Text ")
		if !ok {
			continue // too big, or the end
		}
		if op, got, _, err := p.message(); err != nil || op != opText || string(got) != text {
			return fmt.Errorf("seed %d: message %d came back as %#x of %d bytes, want %d, %w", seed, i, op, len(got), len(text), err)
		}
	}
	return nil
}

// withoutHasty leaves out that a message is too big if its frame then fails: its
// header tells the one, and its payload the other, which may come with it.
func withoutUncertain(heard []string) []string {
	if n := len(heard); n > 1 && heard[n-2] == ws.ErrMessageTooBig.Error() {
		return slices.Delete(slices.Clone(heard), n-2, n-1)
	}
	return heard
}

// FuzzReceiveCompressed has sessions with every kind of compression hear the
// same bytes in reads of different sizes, which must make no difference.
func FuzzReceiveCompressed(f *testing.F) {
	for seed := range uint64(10) {
		c := compressions[seed%3].c
		if said, _ := randomCompressed(rand.New(rand.NewPCG(seed, 78)), newOfflineCompressing(c, 12), 1000); len(said) < 20_000 {
			f.Add(said, byte(seed), byte(seed*7))
		}
	}
	f.Add(masked(fin|rsv1|opText, []byte{0xff}), byte(0), byte(0))
	f.Add(append(masked(rsv1|opText, []byte{0}), masked(fin|opContinuation, nil)...), byte(1), byte(1))
	f.Add(masked(fin|rsv1|opPing, nil), byte(2), byte(2))
	f.Fuzz(func(t *testing.T, said []byte, way, size byte) {
		c, limit := compressions[int(way)%3].c, limitsToTry[int(size)%len(limitsToTry)]
		want := receiveCompressed(t, c, bytes.Clone(said), limit, 1<<20)
		got := receiveCompressed(t, c, bytes.Clone(said), limit, int(size)+1)
		if !slices.Equal(withoutUncertain(got), withoutUncertain(want)) {
			t.Fatalf("heard %.200q in small reads, %.200q in large ones", got, want)
		}
	})
}
