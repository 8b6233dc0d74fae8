package ws_test

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// decide returns a way to receive, chosen by three numbers.
func decide(options, maxFrame, maxMessage byte) *conversation {
	return &conversation{
		view:       viewKind(options % byte(viewKinds)),
		manualPong: options&0x80 != 0,
		maxFrame:   limitsToTry[int(maxFrame)%len(limitsToTry)],
		maxMessage: limitsToTry[int(maxMessage)%len(limitsToTry)],
	}
}

// FuzzReceive has a stream receive what a client sent, in reads whose sizes
// the input chooses too, and compares the result with the model. A
// size of 0 is a read that the end of a context interrupts; the first bytes,
// if early is set, come with the handshake.
func FuzzReceive(f *testing.F) {
	for i, v := range violations() {
		f.Add(append(masked(fin|opText, []byte("good")), v.bytes...), []byte{byte(i), 0, 3}, byte(i), byte(0), byte(0), byte(i))
	}
	for i, n := range []int{0, 125, 126, 127, 65535, 65536, 65537} {
		sent := append(masked(fin|opText, mixedText(n)), masked(opBinary, mixedText(n))...)
		sent = append(append(sent, masked(fin|opPing, nil)...), masked(fin|opContinuation, nil)...)
		f.Add(append(sent, closeFrame(1000)...), []byte{255, 1, 200}, byte(i), byte(i), byte(i), byte(0))
	}
	for seed := range uint64(20) {
		if sent, _ := randomFrames(rand.New(rand.NewPCG(seed, 8))); len(sent) < 10_000 {
			f.Add(sent, []byte{1, 2, 0, 3, 100}, byte(seed), byte(0), byte(seed), byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, sent, sizes []byte, options, maxFrame, maxMessage, early byte) {
		reads := []int{}
		for _, size := range sizes {
			n := int(size)
			if n > 200 {
				n = (n - 200) * 1000
			}
			reads = append(reads, n)
		}
		reads = append(reads, 1<<16) // so that not all are interrupted
		sent = withoutPartialKey(sent)
		receiveScript(t, sides, bytes.Clone(sent), min(int(early), len(sent)), reads, decide(options, maxFrame, maxMessage))
	})
}
