package ws_test

import (
	"math/rand/v2"
	"testing"

	"github.com/handset-go/handset/ws"
)

// randomFrames returns a random client's frames, and the lengths of their headers and
// payloads.
func randomFrames(rng *rand.Rand) (sent []byte, parts []int) {
	var frames [][]byte
	for range rng.IntN(5) {
		frames = append(frames, randomMessage(rng)...)
	}
	switch rng.IntN(4) {
	case 0:
		frames = append(frames, masked(fin|opClose, nil))
	case 1:
		frames = append(frames, masked(fin|opClose, closePayload(uint16(rng.IntN(5100)), "bye")))
	}
	for _, b := range frames {
		if head := len(b) - payloadLength(b); rng.IntN(60) == 0 {
			b[rng.IntN(min(len(b), 20))] ^= byte(1 << rng.IntN(8))
		} else {
			parts = append(parts, head, max(len(b)-head, 1))
		}
		sent = append(sent, b...)
	}
	return sent, append(parts, 100_000)
}

// randomSizes are sizes of reads, among them interrupted ones.
func randomSizes(rng *rand.Rand) (sizes []int) {
	for range 1 + rng.IntN(10) {
		sizes = append(sizes, rng.IntN(2)*rng.IntN(1+rng.IntN(8))+rng.IntN(2)*rng.IntN(2)*rng.IntN(80_000))
	}
	return append(sizes, 1+rng.IntN(100_000))
}

// randomConversation returns a random way to receive.
func randomConversation(rng *rand.Rand) *conversation {
	limits := []int{0, 0, 1, 100, 1000, 65535, 65536, 100_000, 1 << 20}
	return &conversation{
		view:       viewKind(rng.IntN(int(viewKinds))),
		maxFrame:   limits[rng.IntN(len(limits))] * rng.IntN(2) * rng.IntN(2),
		maxMessage: limits[rng.IntN(len(limits))],
		manualPong: rng.IntN(8) == 0,
	}
}

// randomMessage is a message in any number of frames, with control frames in
// between, and seldom without an end.
func randomMessage(rng *rand.Rand) (frames [][]byte) {
	lengths := []int{0, 0, 1, 2, 10, 125, 126, 127, 1000, 65535, 65536, 65537, 70_000, 150_000}
	op := []byte{opText, opBinary}[rng.IntN(2)]
	payload := mixedText(lengths[rng.IntN(len(lengths))])
	for last := false; !last; op = opContinuation {
		for rng.IntN(3) == 0 {
			control := fin | []byte{opPing, opPong}[rng.IntN(2)]
			frames = append(frames, masked(control, randomBytes(rng, rng.IntN(126))))
		}
		n := rng.IntN(len(payload) + 1)
		first := op
		if last = rng.IntN(3) == 0; last {
			n, first = len(payload), fin|op
		}
		frames = append(frames, masked(first, payload[:n]))
		payload = payload[n:]
	}
	if rng.IntN(20) == 0 {
		return frames[:len(frames)-1]
	}
	return frames
}

// payloadLength is the length of a good frame's payload.
func payloadLength(b []byte) int {
	f, _, _ := cutFrame(b, false)
	return len(f.payload)
}

// receiveScript has a session on each of the sides receive what its peer sent, of which
// the first bytes came with the handshake and the rest comes in reads of the given sizes.
func receiveScript(t testing.TB, sides []side, sent []byte, early int, sizes []int, c *conversation) {
	for _, on := range sides {
		c := *c
		frames := on.sent(sent)
		early := min(early, len(frames))
		conn := newScript(frames[early:], sizes...)
		session, stream := on.begin(t, conn, frames[:early], &ws.Upgrader{Options: ws.Options{ManualPong: c.manualPong, SendBuffer: 1 << 30}})
		c.receive(stream, conn.interruptWith)
		await(t, session.Done(), "the session's end")
		c.check(t, sent, conn.replies(t, on))
		if t.Failed() {
			t.Fatalf("on the side of the %v", on)
		}
	}
}

// limitsToTry are what a fuzzed conversation may have for a limit.
var limitsToTry = [...]int{0, 1, 5, 125, 126, 1000, 65535, 65536}
