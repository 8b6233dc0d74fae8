package load

import "math/rand/v2"

// Tape is a loop of prebuilt messages, every one with a payload and a mask of
// its own, so that a server which answers with a stale or a swapped buffer is
// found out.
type Tape struct {
	opcode   Opcode
	count    int
	payloads [][]byte // all of one size
	wire     []byte   // as the client sends them, the loop laid down twice
	starts   []int    // where each of them starts in wire, and where the last ends
	echoes   []byte   // as a server sends them back unfragmented, the loop twice
	echoSize int
	deflate  Deflate
	book     *phrasebook // what they are answered with, if compressed
	protocol Protocol
}

// TapeSpec says what is on a tape.
type TapeSpec struct {
	Opcode   Opcode
	Size     int // bytes of payload
	Fragment int // bytes of payload in one frame; 0: one frame a message
	Count    int // different messages on the tape
	JSON     bool
	Deflate  Deflate
}

// NewTape builds the messages of spec. Equal specs give equal tapes.
func NewTape(spec TapeSpec) *Tape {
	t := &Tape{opcode: spec.Opcode, count: max(1, spec.Count), deflate: spec.Deflate}
	random := rand.New(rand.NewPCG(uint64(spec.Size), uint64(t.count)))
	var masks [][4]byte
	for range t.count {
		payload := randomPayload(random, spec)
		t.payloads, masks = append(t.payloads, payload), append(masks, randomMask(random))
	}
	t.record(masks, spec.Fragment)
	t.recordEchoes()
	if t.deflate != Plain {
		t.book = newPhrasebook(t)
	}
	return t
}

func randomMask(random *rand.Rand) [4]byte {
	return [4]byte{byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32())}
}

// recordEchoes builds what a server sends back.
func (t *Tape) recordEchoes() {
	for _, payload := range t.payloads {
		t.echoes = append(appendHeader(t.echoes, t.opcode, true, len(payload)), payload...)
	}
	t.echoSize = len(t.echoes) / t.count
	t.echoes = append(t.echoes, t.echoes...)
}

// record builds what the client sends.
func (t *Tape) record(masks [][4]byte, fragment int) {
	packer := newPacker(t.deflate)
	for i, payload := range t.payloads {
		start := len(t.wire)
		t.starts = append(t.starts, start)
		if t.deflate != Plain {
			payload = packer.pack(payload)
		}
		t.wire = appendMessage(t.wire, t.opcode, masks[i], payload, fragment)
		if t.deflate != Plain {
			t.wire[start] |= packedBit
		}
	}
	round := len(t.wire)
	t.wire = append(t.wire, t.wire...)
	for _, start := range t.starts {
		t.starts = append(t.starts, round+start)
	}
	t.starts = append(t.starts, len(t.wire))
}

// randomPayload is readable text for Text, with an é now and then so that a
// server cannot pass it off as ASCII, and any bytes otherwise.
func randomPayload(random *rand.Rand, spec TapeSpec) []byte {
	if spec.JSON {
		return document(random, spec.Size)
	}
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
	first := from % t.count
	return t.wire[t.starts[first]:t.starts[first+n]]
}

// unmasked is the tape as a server plays it: one frame for each message, without a
// mask.
func (t *Tape) unmasked() *Tape {
	played := *t
	played.wire, played.starts = t.echoes, nil
	for i := range 2*t.count + 1 {
		played.starts = append(played.starts, i*t.echoSize)
	}
	return &played
}

// payloadSize is how long a message is.
func (t *Tape) payloadSize() int { return len(t.payloads[0]) }

// first is the message with which a connection may start that would start with
// number i: the first of a round if later ones refer to it.
func (t *Tape) first(i int) int {
	if t.deflate == Takeover {
		return 0
	}
	return i
}

// settling is how many messages connection i plays before it is measured: so
// many that the windows are full, and then some, so that not all connections
// play the same message at a time.
func (t *Tape) settling(i int) int {
	if t.deflate != Takeover {
		return 0
	}
	return (windowSize+t.payloadSize()-1)/t.payloadSize() + i%t.count
}

// Payload is what message number i says.
func (t *Tape) Payload(i int) []byte { return t.payloads[i%t.count] }

// echo is message number i as a server sends it back in one frame.
func (t *Tape) echo(i int) []byte {
	start := i % t.count * t.echoSize
	return t.echoes[start : start+t.echoSize]
}
