package load

import (
	"bytes"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"
)

// phrasebook tells whether a server's compressed answers say what they should.
// It inflates an answer when it comes for the first time, and knows it again by
// its bytes, which is as sure and costs the generator no more than comparing an
// answer that is not compressed.
//
// With takeover an answer may refer to the text before it, which is that of the
// tape, for all that came before was compared with it. So the client needs to
// keep no window of a connection; and an answer means the same wherever as much
// of that text has come as where it was inflated.
type phrasebook struct {
	tape    *Tape
	known   []phrase // by message
	text    []byte   // the tape's, for as many rounds as fill the window and one more
	lead    int      // bytes of text before its last round
	inflate io.ReadCloser
	packed  []byte // of the answer under inspection
	plain   []byte // what that says
}

// phrase is an answer on the wire, headers and all, that was found to be right
// after so many bytes of text.
type phrase struct {
	answer []byte
	after  int
}

func newPhrasebook(tape *Tape) *phrasebook {
	p := &phrasebook{tape: tape, known: make([]phrase, tape.count), inflate: flate.NewReader(nil)}
	round := bytes.Join(tape.payloads, nil)
	if len(round) > 0 {
		rounds := (windowSize + len(round) - 1) / len(round)
		p.text, p.lead = bytes.Repeat(round, rounds+1), rounds*len(round)
	}
	return p
}

// answer is what message number i is known to be answered with, nil if nothing
// is, by a connection whose first message was number first.
func (p *phrasebook) answer(first, i int) []byte {
	known := p.known[i%p.tape.count]
	if p.reach(first, i) < known.after {
		return nil
	}
	return known.answer
}

// check reads an answer, the frames of one message, and remembers it.
func (p *phrasebook) check(first, i int, answer []byte) error {
	if bytes.Equal(answer, p.answer(first, i)) {
		return nil
	}
	p.packed = appendPayload(p.packed[:0], answer)
	p.packed = append(p.packed, deflateTail+"\x01\x00\x00\xff\xff"...) // a last, empty block
	if err := p.inflate.(flate.Resetter).Reset(bytes.NewReader(p.packed), p.before(first, i)); err != nil {
		return err
	}
	want := p.tape.Payload(i)
	p.plain = append(p.plain[:0], make([]byte, len(want)+1)...)
	n, err := io.ReadFull(p.inflate, p.plain)
	if n != len(want) || !bytes.Equal(p.plain[:n], want) {
		return fmt.Errorf("%w in message %d: it inflates to %d of %d bytes, %v", ErrWrongBytes, i, n, len(want), err)
	}
	known := &p.known[i%p.tape.count]
	known.answer, known.after = append(known.answer[:0], answer...), p.reach(first, i)
	return nil
}

// reach is how many bytes back the answer to message number i may refer.
func (p *phrasebook) reach(first, i int) int {
	if p.tape.deflate != Takeover {
		return 0
	}
	return min((i-first)*p.tape.payloadSize(), windowSize)
}

// before is the text that it may refer to.
func (p *phrasebook) before(first, i int) []byte {
	end := p.lead + i%p.tape.count*p.tape.payloadSize()
	return p.text[end-p.reach(first, i) : end]
}
