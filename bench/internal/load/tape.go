package load

import (
	"math/rand/v2"
)

// Tape is a loop of prebuilt messages, every one with a payload and a mask of
// its own, so that a server which answers with a stale or a swapped buffer is
// found out.
type Tape struct {
	opcode   Opcode
	count    int
	payloads [][]byte
	wire     []byte // as the client sends them, the loop laid down twice
	size     int    // bytes of one message in wire
	echoes   []byte // as a server sends them back unfragmented, the loop twice
	echoSize int
}

// TapeSpec says what is on a tape.
type TapeSpec struct {
	Opcode   Opcode
	Size     int // bytes of payload
	Fragment int // bytes of payload in one frame; 0: one frame a message
	Count    int // different messages on the tape
}

// NewTape builds the messages of spec. Equal specs give equal tapes.
func NewTape(spec TapeSpec) *Tape {
	t := &Tape{opcode: spec.Opcode, count: max(1, spec.Count)}
	random := rand.New(rand.NewPCG(uint64(spec.Size), uint64(t.count)))
	for range t.count {
		payload := randomPayload(random, spec)
		mask := [4]byte{byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32())}
		t.payloads = append(t.payloads, payload)
		t.wire = appendMessage(t.wire, spec.Opcode, mask, payload, spec.Fragment)
		t.echoes = append(appendHeader(t.echoes, spec.Opcode, true, len(payload)), payload...)
	}
	t.size, t.echoSize = len(t.wire)/t.count, len(t.echoes)/t.count
	t.wire = append(t.wire, t.wire...)
	t.echoes = append(t.echoes, t.echoes...)
	return t
}

// randomPayload is readable text for Text, with an é now and then so that a
// server cannot pass it off as ASCII, and any bytes otherwise.
func randomPayload(random *rand.Rand, spec TapeSpec) []byte {
	payload := make([]byte, spec.Size)
	for i := range payload {
		payload[i] = byte(random.Uint32())
		if spec.Opcode == Text {
			payload[i] = ' ' + payload[i]%('~'-' ')
		}
	}
	if spec.Opcode == Text {
		for i := 100; i+2 <= len(payload); i += 200 {
			copy(payload[i:], "é")
		}
	}
	return payload
}

// Wire is the bytes of n messages in a row, from message number from on.
// n is at most the number of messages on the tape.
func (t *Tape) Wire(from, n int) []byte {
	start := from % t.count * t.size
	return t.wire[start : start+n*t.size]
}

// Payload is what message number i says.
func (t *Tape) Payload(i int) []byte { return t.payloads[i%t.count] }

// echo is message number i as a server sends it back in one frame.
func (t *Tape) echo(i int) []byte {
	start := i % t.count * t.echoSize
	return t.echoes[start : start+t.echoSize]
}
