package ws_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/handset-go/handset/ws"
)

// receiveCompressed has a session with compression receive what its peer sent, in
// reads of the given sizes, and returns what it received.
func (on side) receiveCompressed(t testing.TB, c ws.Compression, sent []byte, limit int, sizes ...int) (got []string) {
	t.Helper()
	return on.receiveCompressedOn(t, c, newScript(on.sent(sent), sizes...), limit, false)
}

// receiveCompressedOn is receiveCompressed on a connection. It echoes the messages
// if echoes is set.
func (on side) receiveCompressedOn(t testing.TB, c ws.Compression, conn *script, limit int, echoes bool) (got []string) {
	t.Helper()
	session, stream := beginCompressing(t, on.endpoint(t, &ws.Upgrader{Compression: c, Options: ws.Options{SendBuffer: 1 << 30}}), conn)
	for msg, err := range stream.Aggregate(limit).All(context.Background()) {
		var failed *ws.ProtocolError
		switch {
		case errors.As(err, &failed):
			got = append(got, failed.Code.String())
		case err != nil:
			got = append(got, err.Error())
		case msg.Kind == ws.Text || msg.Kind == ws.Binary:
			got = append(got, fmt.Sprintf("%v %s", msg.Kind, msg.Data))
			if echoes {
				if err := session.Send(context.Background(), msg); err != nil {
					t.Error(err)
				}
			}
		default:
			got = append(got, fmt.Sprintf("%v %x %v", msg.Kind, msg.Data, msg.Reason))
		}
	}
	_ = session.Close(ws.CloseReason{})
	await(t, session.Done(), "the session's end")
	return got
}

// beginCompressing is begin with a peer that offers or accepts compression.
func beginCompressing(t testing.TB, from endpoint, end net.Conn) (session *ws.Session, stream *ws.MessageStream) {
	t.Helper()
	var err error
	switch from := from.(type) {
	case *ws.Dialer:
		session, stream, err = dialOn(t, from, respond(end, &scriptedResponse{answer: acceptOffer}), false)
	case *ws.Upgrader:
		r := request("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")
		session, stream, err = from.Handle(&responseWriter{conn: end}, r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return session, stream
}

// randomCompressed returns random messages of a client, compressed or not, in any
// number of frames, and what a session must receive.
func randomCompressed(rng *rand.Rand, p *compressing, limit int) (sent []byte, got []string) {
	lengths := []int{0, 1, 2, 125, 126, 1000, 4096, 65535, 65536, 65537, 70_000, 150_000}
	for range 1 + rng.IntN(6) {
		data := mixedText(lengths[rng.IntN(len(lengths))])
		if rng.IntN(3) == 0 {
			data = fmt.Appendf(nil, "%x", incompressible(len(data)/2))
		}
		payload, first := data, byte(opText)
		if rng.IntN(4) > 0 {
			payload, first = p.deflated(data), opText|rsv1
		}
		for last := false; !last; first = opContinuation {
			n := rng.IntN(len(payload) + 1)
			if last = rng.IntN(3) == 0; last {
				n, first = len(payload), first|fin
			}
			sent = append(sent, masked(first, payload[:n])...)
			payload = payload[n:]
		}
		if len(data) > limit {
			got = append(got, ws.ErrMessageTooBig.Error())
		} else {
			got = append(got, fmt.Sprintf("Text %s", data))
		}
	}
	return append(sent, closeFrame(1000)...), append(got, "Close  {1000 normal }")
}

// make allocations runs ten thousand of them without the race detector.
func TestRandomCompressedConversations(t *testing.T) {
	n := uint64(5_000)
	if raceDetector || testing.Short() {
		n = 100
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for seed := range n {
		group.Go(func() error { return serverSide.echoRandomly(t, seed) })
		if seed%20 == 0 || n == 100 {
			group.Go(func() error { return clientSide.echoRandomly(t, seed) })
		}
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

// echoRandomly has a session echo a random peer, whose compressor and
// decompressor are the standard library's where the windows are the largest.
func (on side) echoRandomly(t *testing.T, seed uint64) error {
	rng := rand.New(rand.NewPCG(seed, 77))
	c := compressions[rng.IntN(3)].c
	bits := 15
	if c.RecvWindowBits > 0 {
		bits = c.RecvWindowBits
	}
	limit := []int{1000, 65535, 65536, 1 << 20}[rng.IntN(4)]
	p := newOfflineCompressing(c, bits)
	sent, want := randomCompressed(rng, p, limit)
	conn := newScript(on.sent(sent), slices.DeleteFunc(randomSizes(rng), func(n int) bool { return n == 0 })...)
	got := on.receiveCompressedOn(t, c, conn, limit, true)
	if !slices.Equal(got, want) {
		return fmt.Errorf("%v, seed %d: received %.100q, want %.100q", on, seed, got, want)
	}
	p.pair = &pair{client: &client{t: t, br: bufio.NewReader(on.peerConn(&readOnlyConn{Reader: bytes.NewReader(conn.out)}))}}
	for i, text := range want {
		text, ok := strings.CutPrefix(text, "Text ")
		if !ok {
			continue // too big, or the end
		}
		if op, got, _, err := p.message(); err != nil || op != opText || string(got) != text {
			return fmt.Errorf("%v, seed %d: message %d came back as %#x of %d bytes, want %d, %w", on, seed, i, op, len(got), len(text), err)
		}
	}
	return nil
}

// withoutUncertain drops ErrMessageTooBig if the frame of that message then fails:
// the first is known from the header, the second from the payload, and the two
// may arrive in one read.
func withoutUncertain(got []string) []string {
	if n := len(got); n > 1 && got[n-2] == ws.ErrMessageTooBig.Error() {
		return slices.Delete(slices.Clone(got), n-2, n-1)
	}
	return got
}

// equalButUncertain reports whether two sessions have received the same, apart from what
// withoutUncertain drops.
func equalButUncertain(a, b []string) bool {
	return slices.Equal(a, b) || slices.Equal(withoutUncertain(a), b) || slices.Equal(a, withoutUncertain(b))
}

// FuzzReceiveCompressed has sessions with every kind of compression receive the
// same bytes in reads of different sizes, which must make no difference.
func FuzzReceiveCompressed(f *testing.F) {
	for seed := range uint64(10) {
		c := compressions[seed%3].c
		if sent, _ := randomCompressed(rand.New(rand.NewPCG(seed, 78)), newOfflineCompressing(c, 12), 1000); len(sent) < 20_000 {
			f.Add(sent, byte(seed), byte(seed*7))
		}
	}
	f.Add(masked(fin|rsv1|opText, []byte{0xff}), byte(0), byte(0))
	f.Add(append(masked(rsv1|opText, []byte{0}), masked(fin|opContinuation, nil)...), byte(1), byte(1))
	f.Add(masked(fin|rsv1|opPing, nil), byte(2), byte(2))
	f.Fuzz(func(t *testing.T, sent []byte, way, size byte) {
		c, limit := compressions[int(way)%3].c, limitsToTry[int(size)%len(limitsToTry)]
		for _, on := range sides { // which differ if a header ends within the key
			want := on.receiveCompressed(t, c, bytes.Clone(sent), limit, 1<<20)
			got := on.receiveCompressed(t, c, bytes.Clone(sent), limit, int(size)+1)
			if !equalButUncertain(got, want) {
				t.Fatalf("%v: received %.200q in small reads, %.200q in large ones", on, got, want)
			}
		}
	})
}
