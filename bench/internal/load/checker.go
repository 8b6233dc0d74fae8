package load

import (
	"bytes"
	"errors"
	"fmt"
)

// What a checker finds wrong with a server, or a client.
var (
	ErrWrongBytes = errors.New("load: the answer has other bytes")
	ErrClosed     = errors.New("load: the peer closed the connection")
	ErrBadFrame   = errors.New("load: the peer broke the protocol")
)

// checker is what a connection feeds all it reads, and who counts the messages.
type checker interface {
	Feed(b []byte) (messages int, err error)
}

// newChecker is the checker for what the tape's messages are answered with, from
// number first on.
func newChecker(tape *Tape, first int) checker {
	switch {
	case tape.deflate != Plain:
		return newPackedChecker(tape, first)
	case tape.protocol == Centrifuge:
		return &lineChecker{tape: tape, next: first}
	}
	plain := NewChecker(tape, first)
	return &plain
}

// Checker compares a server's byte stream with the messages of a tape, in
// order. It takes the bytes as they come and keeps none but a split header.
type Checker struct {
	tape *Tape
	next int // number of the message under way

	partial [maxHeader]byte // a header that arrived in parts
	held    int
	frame   header
	left    uint64 // payload bytes of frame still to come
	inFrame bool
	open    bool // between the frames of a fragmented message
	matched int  // payload bytes of the message compared so far
}

// NewChecker expects the messages of tape from number first on.
func NewChecker(tape *Tape, first int) Checker { return Checker{tape: tape, next: first} }

// Feed takes what came and says how many messages ended in it.
func (c *Checker) Feed(b []byte) (messages int, err error) {
	for len(b) > 0 {
		if !c.inFrame && c.held == 0 && !c.open {
			n := c.feedWhole(b)
			messages += n
			if b = b[n*c.tape.echoSize:]; len(b) == 0 {
				break
			}
		}
		used, done, err := c.feedPart(b)
		if err != nil {
			return messages, err
		}
		if done {
			messages++
		}
		b = b[used:]
	}
	return messages, nil
}

// feedWhole takes whole messages, each in one frame: the case that must be
// cheap. Everything else is left to feedPart.
func (c *Checker) feedWhole(b []byte) (messages int) {
	size := c.tape.echoSize
	for len(b) >= size && bytes.Equal(b[:size], c.tape.echo(c.next)) {
		b = b[size:]
		c.next++
		messages++
	}
	return messages
}

// feedPart takes the rest of a header, or of a payload.
func (c *Checker) feedPart(b []byte) (used int, done bool, err error) {
	if !c.inFrame {
		used, err = c.feedHeader(b)
	} else {
		used, err = c.feedPayload(b)
	}
	if err != nil || !c.inFrame || c.left > 0 {
		return used, false, err
	}
	done, err = c.endFrame()
	return used, done, err
}

func (c *Checker) feedHeader(b []byte) (used int, err error) {
	before := c.held
	c.held += copy(c.partial[c.held:], b)
	h, n := parseHeader(c.partial[:c.held])
	if n == 0 {
		return len(b), nil
	}
	c.frame, c.left, c.inFrame, c.held = h, h.size, true, 0
	return n - before, c.checkHeader()
}

func (c *Checker) checkHeader() error {
	want := c.tape.opcode
	if c.open {
		want = Continuation
	}
	switch {
	case c.frame.opcode == closing:
		return ErrClosed
	case c.frame.opcode > closing: // a ping or a pong: nothing to compare
		return nil
	case c.frame.masked:
		return fmt.Errorf("%w: a masked frame", ErrBadFrame)
	case c.frame.packed:
		return fmt.Errorf("%w: a compressed message", ErrBadFrame)
	case c.frame.opcode != want:
		return fmt.Errorf("%w: opcode %#x instead of %#x", ErrBadFrame, c.frame.opcode, want)
	}
	return nil
}

func (c *Checker) feedPayload(b []byte) (used int, err error) {
	used = int(min(uint64(len(b)), c.left))
	c.left -= uint64(used)
	if c.frame.opcode > closing {
		return used, nil
	}
	want := c.tape.Payload(c.next)[c.matched:]
	if used > len(want) || !bytes.Equal(b[:used], want[:used]) {
		return used, fmt.Errorf("%w in message %d", ErrWrongBytes, c.next)
	}
	c.matched += used
	return used, nil
}

// endFrame says whether a message ended with the frame, and readies for what
// follows. A message that ended early is an error.
func (c *Checker) endFrame() (done bool, err error) {
	c.inFrame = false
	if c.frame.opcode > closing {
		return false, nil
	}
	if c.open = !c.frame.fin; c.open {
		return false, nil
	}
	if want := len(c.tape.Payload(c.next)); c.matched != want {
		return false, fmt.Errorf("%w: message %d has %d of %d bytes", ErrWrongBytes, c.next, c.matched, want)
	}
	c.matched = 0
	c.next++
	return true, nil
}
