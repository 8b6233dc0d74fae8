package load

import (
	"bytes"
	"fmt"
	"math/rand/v2"

	"golang.org/x/sys/unix"
)

// Protocol is what a server speaks above WebSocket to the members of a group.
type Protocol int

const (
	NoProtocol Protocol = iota // messages are sent and received as they are
	Centrifuge                 // the JSON protocol of centrifuge
)

// What a client of centrifuge sends and receives. Each is a line of a text frame,
// which may have several.
const (
	subscribeLines = `{"id":1,"connect":{}}` + "\n" + `{"id":2,"subscribe":{"channel":"group"}}`
	subscribedLine = `{"id":2,"subscribe":{}}`
	publishBegin   = `{"id":3,"publish":{"channel":"group","data":`
	publishEnd     = `}}`
	pushBegin      = `{"push":{"channel":"group","pub":{"data":`
	pushEnd        = `}}}`
	replyBegin     = `{"id":`
	pingLine       = `{}`
)

// centrifuge is a tape of the same messages, which must be JSON, as commands that
// publish them and what subscribers receive.
func (t *Tape) centrifuge() *Tape {
	random := rand.New(rand.NewPCG(uint64(t.payloadSize()), uint64(t.count)))
	var (
		masks    [][4]byte
		commands = &Tape{opcode: Text, count: t.count}
		played   = &Tape{opcode: Text, count: t.count, protocol: Centrifuge}
	)
	for _, payload := range t.payloads {
		commands.payloads = append(commands.payloads, fmt.Appendf(nil, "%s%s%s", publishBegin, payload, publishEnd))
		masks = append(masks, randomMask(random))
		played.payloads = append(played.payloads, fmt.Appendf(nil, "%s%s%s", pushBegin, payload, pushEnd))
	}
	commands.record(masks, 0)
	played.wire, played.starts = commands.wire, commands.starts
	played.recordEchoes()
	return played
}

// subscribe connects and subscribes, blocking, and returns what the server sent after
// it had subscribed the connection. rest is what it sent before.
func subscribe(fd int, rest []byte) ([]byte, error) {
	if _, err := unix.Write(fd, appendMasked(nil, Text, true, [4]byte{}, []byte(subscribeLines))); err != nil {
		return nil, fmt.Errorf("load: subscribe: %w", err)
	}
	for b := append(make([]byte, 0, 4096), rest...); ; {
		lines, size, err := takeText(b)
		if err != nil {
			return nil, fmt.Errorf("load: subscribe: %w", err)
		}
		if size > 0 {
			if b = b[size:]; bytes.HasSuffix(lines, []byte(subscribedLine)) {
				return b, nil
			}
			continue
		}
		var n int
		err = ignoringEINTR(func() (err error) {
			n, err = unix.Read(fd, b[len(b):cap(b)])
			return err
		})
		if err == nil && n == 0 {
			err = ErrClosed
		}
		if err != nil {
			return nil, fmt.Errorf("load: not subscribed after %.80q: %w", b, err)
		}
		b = b[:len(b)+n]
	}
}

// takeText returns the payload of the text frame at the start of b, and the length of
// the frame: 0 if b does not have all of it yet.
func takeText(b []byte) (payload []byte, size int, err error) {
	h, n := parseHeader(b)
	switch {
	case n == 0:
		return nil, 0, nil
	case h.opcode == closing:
		return nil, 0, ErrClosed
	case h.opcode != Text || !h.fin || h.masked || h.packed:
		return nil, 0, fmt.Errorf("%w: a frame that is not text, or a fragment, masked or compressed", ErrBadFrame)
	case uint64(len(b)-n) < h.size:
		return nil, 0, nil
	}
	size = n + int(h.size)
	return b[n:size], size, nil
}

// lineChecker compares what subscribers of centrifuge receive with a tape. Replies
// are not compared. Pings are not answered.
type lineChecker struct {
	tape *Tape
	next int    // number of the message that comes next
	held []byte // a frame that has come in part
}

// Feed takes what came and says how many messages were in it.
func (c *lineChecker) Feed(b []byte) (messages int, err error) {
	if len(c.held) == 0 {
		for size := c.tape.echoSize; len(b) >= size && bytes.Equal(b[:size], c.tape.echo(c.next)); b = b[size:] {
			c.next++
			messages++
		}
		if len(b) == 0 {
			return messages, nil
		}
	}
	c.held = append(c.held, b...)
	for rest := c.held; ; {
		lines, n, err := takeText(rest)
		if n == 0 || err != nil {
			c.held = c.held[:copy(c.held, rest)]
			return messages, err
		}
		rest = rest[n:]
		pushed, err := c.feedLines(lines)
		if messages += pushed; err != nil {
			return messages, err
		}
	}
}

// feedLines takes the lines of a frame.
func (c *lineChecker) feedLines(lines []byte) (messages int, err error) {
	for line := range bytes.SplitSeq(lines, []byte("\n")) {
		switch {
		case bytes.Equal(line, c.tape.Payload(c.next)):
			c.next++
			messages++
		case string(line) != pingLine && !bytes.HasPrefix(line, []byte(replyBegin)):
			return messages, fmt.Errorf("%w in message %d: %.80q", ErrWrongBytes, c.next, line)
		}
	}
	return messages, nil
}
