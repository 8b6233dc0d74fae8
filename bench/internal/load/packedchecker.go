package load

import (
	"bytes"
	"fmt"
)

// packedChecker is the Checker of compressed messages. It keeps what it is fed
// until a message is whole, unless that is one the phrasebook knows.
type packedChecker struct {
	book  *phrasebook
	first int // number of the connection's first message
	next  int // number of the message under way
	held  []byte
}

func newPackedChecker(tape *Tape, first int) *packedChecker {
	return &packedChecker{book: tape.book, first: first, next: first}
}

// Feed takes what came and says how many messages ended in it.
func (c *packedChecker) Feed(b []byte) (messages int, err error) {
	if len(c.held) == 0 {
		b, messages = c.feedKnown(b)
	}
	c.held = append(c.held, b...)
	rest := c.held
	for len(rest) > 0 {
		size, err := wholeMessage(rest, c.book.tape.opcode)
		if err != nil {
			return messages, fmt.Errorf("%w in message %d", err, c.next)
		}
		if size == 0 {
			break
		}
		if err := c.book.check(c.first, c.next, rest[:size]); err != nil {
			return messages, err
		}
		rest = rest[size:]
		c.next++
		messages++
	}
	c.held = append(c.held[:0], rest...)
	if limit := 2*c.book.tape.payloadSize() + 4096; len(c.held) > limit {
		return messages, fmt.Errorf("%w: message %d is longer than %d bytes", ErrWrongBytes, c.next, limit)
	}
	return messages, nil
}

// feedKnown takes whole messages with known answers: the case that must be cheap.
func (c *packedChecker) feedKnown(b []byte) (rest []byte, messages int) {
	for {
		answer := c.book.answer(c.first, c.next)
		if len(answer) == 0 || !bytes.HasPrefix(b, answer) {
			return b, messages
		}
		b = b[len(answer):]
		c.next++
		messages++
	}
}

// wholeMessage is how many bytes the frames of a compressed message take at the
// start of b, with the pings and pongs before and between them: 0 when not all
// of them have come.
func wholeMessage(b []byte, opcode Opcode) (size int, err error) {
	want, packed := opcode, true
	for {
		h, n := parseHeader(b[size:])
		switch {
		case n == 0:
			return 0, nil
		case h.opcode == closing:
			return 0, ErrClosed
		case h.opcode < closing && (h.opcode != want || h.packed != packed || h.masked):
			return 0, fmt.Errorf("%w: opcode %#x, compressed %t, masked %t", ErrBadFrame, h.opcode, h.packed, h.masked)
		case h.size > uint64(len(b)-size-n):
			return 0, nil
		}
		size += n + int(h.size)
		if h.opcode > closing {
			continue
		}
		if h.fin {
			return size, nil
		}
		want, packed = Continuation, false
	}
}

// appendPayload appends what the data frames of a whole message carry.
func appendPayload(dst, message []byte) []byte {
	for len(message) > 0 {
		h, n := parseHeader(message)
		end := n + int(h.size)
		if h.opcode < closing {
			dst = append(dst, message[n:end]...)
		}
		message = message[end:]
	}
	return dst
}
