package soak

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strconv"

	"github.com/handset-go/handset/ws"
)

// A message of a stream begins with 32 characters: its kind, the stream, its number in
// the stream, its length and the CRC-32 of all other bytes, in hexadecimal digits. So
// each receiver can check that nothing is altered, lost, repeated or out of order. The
// messages of a stream of short messages are shorter than that: see shortPayload.
const headerSize = 32

// sumAt is the index of the checksum in the header.
const sumAt = 24

// maxPayload is the length of the longest message.
const maxPayload = 4 << 20

// texts and bytes are what payloads are parts of. texts can be cut at any multiple of
// 4 bytes, and compresses well; bytes does not compress.
var texts, randomBytes = newTexts(), newRandomBytes()

func newTexts() (texts []byte) {
	rng := rand.New(rand.NewPCG(1, 1))
	words := []string{"abcd", "the ", "éa,", "日n", "😀", "{}: ", "1234", "\r\n\t "}
	for range 16 << 10 {
		texts = append(texts, words[rng.IntN(len(words))]...)
	}
	return texts
}

func newRandomBytes() []byte {
	random := make([]byte, 64<<10)
	rand.NewChaCha8([32]byte{1}).Read(random)
	return random
}

// A sum is what one side has sent in a stream of messages, or has received.
type sum struct {
	Messages, Bytes uint64
	CRC             uint32 // of the checksums of all messages, in their order
}

// add adds a message with a checksum.
func (s *sum) add(length uint64, crc uint32) {
	s.Messages++
	s.Bytes += length
	s.CRC = crc32.Update(s.CRC, crc32.IEEETable, binary.BigEndian.AppendUint32(nil, crc))
}

func (s sum) String() string {
	return fmt.Sprintf("%d messages of %d bytes with the checksum %08x", s.Messages, s.Bytes, s.CRC)
}

// A stream numbers the messages that one goroutine sends.
type stream struct {
	id    uint32
	short bool
	sent  sum
	buf   []byte
}

// message returns the next message, of a length that is at least about size. It is valid
// until the next call.
func (s *stream) message(kind ws.Kind, size int, rng *rand.Rand) ws.Message {
	if s.short {
		return ws.Message{Kind: kind, Data: shortPayload(s.sent.Messages)}
	}
	letter, from := byte('b'), randomBytes
	if kind == ws.Text {
		letter, from = 't', texts
	}
	size = max(size, headerSize) &^ 3
	b := fmt.Appendf(s.buf[:0], "%c%07x%08x%08x%08x", letter, s.id, s.sent.Messages, size, 0)
	for at := 4 * rng.IntN(len(from)/4); len(b) < size; at = 0 {
		b = append(b, from[at:min(len(from), at+size-len(b))]...)
	}
	copy(b[sumAt:], fmt.Appendf(nil, "%08x", checksum(b)))
	if s.buf = b; cap(b) > 64<<10 {
		s.buf = nil
	}
	return ws.Message{Kind: kind, Data: b}
}

// count counts a message that was sent.
func (s *stream) count(m ws.Message) {
	if s.short {
		s.sent.add(uint64(len(m.Data)), crc32.ChecksumIEEE(m.Data))
		return
	}
	s.sent.add(uint64(len(m.Data)), checksum(m.Data))
}

// checksum returns the CRC-32 of a message but for the checksum in it.
func checksum(b []byte) uint32 {
	crc := crc32.Update(0, crc32.IEEETable, b[:sumAt])
	return crc32.Update(crc, crc32.IEEETable, b[headerSize:])
}

// shortPayload returns the payload of a message of a stream of short messages: none, one
// or two letters.
func shortPayload(number uint64) []byte {
	letter := byte('a' + number%26)
	return []byte{letter, letter}[:number%3]
}

// A checker checks the messages of one side as they arrive, whole or in chunks, in
// bounded memory.
type checker struct {
	short   uint32 // the stream of short messages, if there is one; 0 if not
	streams map[uint32]sum
	closed  bool    // a Close message has arrived
	kind    ws.Kind // of the message that is open
	open    bool
	head    []byte
	length  uint64
	crc     uint32
	last    uint32 // the stream of the last message
}

// add checks a message or a chunk.
func (c *checker) add(m ws.Message) error {
	if c.closed {
		return fmt.Errorf("%v after Close", m.Kind)
	}
	switch m.Kind {
	case ws.Ping, ws.Pong:
		return nil
	case ws.Close:
		c.closed = true
		return nil
	}
	begins := m.Kind != ws.Continue && m.Kind != ws.Last
	if begins == c.open {
		return fmt.Errorf("%v while a message is open: %v", m.Kind, c.open)
	}
	if begins {
		c.open, c.head, c.length, c.crc = true, c.head[:0], 0, 0
		c.kind = wholeKind(m.Kind)
	}
	c.write(m.Data)
	if m.Kind == ws.Continue || m.Kind == ws.FirstText || m.Kind == ws.FirstBinary {
		return nil
	}
	c.open = false
	return c.end()
}

// wholeKind returns the kind of a message that begins with a message or chunk of a kind.
func wholeKind(k ws.Kind) ws.Kind {
	switch k {
	case ws.FirstText:
		return ws.Text
	case ws.FirstBinary:
		return ws.Binary
	default:
		return k
	}
}

// firstKind returns the kind of the first fragment of a message.
func firstKind(k ws.Kind) ws.Kind {
	if k == ws.Text {
		return ws.FirstText
	}
	return ws.FirstBinary
}

// write adds bytes to the message that is open.
func (c *checker) write(data []byte) {
	c.length += uint64(len(data))
	if n := min(headerSize-len(c.head), len(data)); n > 0 {
		c.head, data = append(c.head, data[:n]...), data[n:]
		if len(c.head) == headerSize {
			c.crc = crc32.Update(0, crc32.IEEETable, c.head[:sumAt])
		}
	}
	c.crc = crc32.Update(c.crc, crc32.IEEETable, data)
}

// end checks the message that has ended.
func (c *checker) end() error {
	if c.short != 0 {
		return c.endShort()
	}
	if len(c.head) < headerSize {
		return fmt.Errorf("message of %d bytes: %q", len(c.head), c.head)
	}
	f, err := parseHeader(c.kind, c.head, c.length, c.crc)
	if err != nil {
		return err
	}
	s := c.streams[f.stream]
	if f.number != s.Messages {
		return fmt.Errorf("stream %x: message %d has arrived after %d messages", f.stream, f.number, s.Messages)
	}
	c.received(f.stream, s, c.crc)
	return nil
}

// A header is that of a message.
type header struct {
	stream uint32
	number uint64
}

// parseHeader returns the header of a message, of which b is the beginning, and checks
// the kind, the length and the checksum in it.
func parseHeader(kind ws.Kind, b []byte, length uint64, crc uint32) (h header, err error) {
	var fields [4]uint64
	at := 1
	for i, end := range [4]int{8, 16, sumAt, headerSize} {
		if fields[i], err = strconv.ParseUint(string(b[at:end]), 16, 32); err != nil {
			return h, fmt.Errorf("header %q: %v", b[:headerSize], err)
		}
		at = end
	}
	switch {
	case fields[3] != uint64(crc), fields[2] != length, (b[0] == 't') != (kind == ws.Text):
		return h, fmt.Errorf("altered: header %q of %d bytes of %v with the checksum %08x", b[:headerSize], length, kind, crc)
	}
	return header{uint32(fields[0]), fields[1]}, nil
}

func (c *checker) endShort() error {
	s := c.streams[c.short]
	if want := shortPayload(s.Messages); string(c.head) != string(want) {
		return fmt.Errorf("stream %x: message %d is %q, want %q", c.short, s.Messages, c.head, want)
	}
	c.received(c.short, s, crc32.ChecksumIEEE(c.head))
	return nil
}

func (c *checker) received(id uint32, s sum, crc uint32) {
	s.add(c.length, crc)
	if c.streams == nil {
		c.streams = map[uint32]sum{}
	}
	c.streams[id], c.last = s, id
}
