package main

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"testing"
	"testing/iotest"
)

// appendFrame appends a frame as a server sends it.
func appendFrame(dst []byte, first byte, payload []byte) []byte {
	switch size := len(payload); {
	case size < 126:
		dst = append(dst, first, byte(size))
	case size <= 0xffff:
		dst = binary.BigEndian.AppendUint16(append(dst, first, 126), uint16(size))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, first, 127), uint64(size))
	}
	return append(dst, payload...)
}

// unmasked checks that each frame is masked, and returns them without the masks.
func unmasked(t *testing.T, wire []byte) (frames []byte) {
	for len(wire) > 0 {
		if len(wire) < 2 || wire[1]&maskBit == 0 {
			t.Fatalf("a frame without a mask: %.20x", wire)
		}
		wire[1] &^= maskBit
		header, size, ok := parse(wire)
		if !ok || len(wire) < header+maskLen+size {
			t.Fatalf("a frame that is not complete: %.20x", wire)
		}
		mask, payload := wire[header:header+maskLen], wire[header+maskLen:][:size]
		for i := range payload {
			payload[i] ^= mask[i%maskLen]
		}
		frames = append(append(frames, wire[:header]...), payload...)
		wire = wire[header+maskLen+size:]
	}
	return frames
}

func TestEveryFrameComesBackMasked(t *testing.T) {
	readers := map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r },
		"bytes": iotest.OneByteReader,
		"half":  iotest.HalfReader,
	}
	var sent []byte
	for _, size := range []int{0, 1, 3, 4, 5, 125, 126, 4095, 4096, 0xffff, 0x10000} {
		payload := make([]byte, size)
		rand.Read(payload)
		sent = appendFrame(sent, 0x82, payload)
	}
	for name, reader := range readers {
		for _, early := range []int{0, 1, 200} {
			t.Run(fmt.Sprintf("%s,early=%d", name, early), func(t *testing.T) {
				e, from := newEchoer(sent[:early]), reader(bytes.NewReader(sent[early:]))
				got := bytes.Clone(e.take())
				for {
					n, err := from.Read(e.room())
					e.end += n
					got = append(got, e.take()...)
					if err != nil {
						break
					}
				}
				if !bytes.Equal(unmasked(t, got), sent) {
					t.Error("other bytes came back")
				}
			})
		}
	}
}
