package ws_test

import (
	"encoding/binary"
)

const fin = 0x80

const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// masked is a client's frame; first is its first byte: fin, reserved bits and
// opcode.
func masked(first byte, payload []byte) []byte {
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	b := append(header(first, uint64(len(payload))), key[:]...)
	for i, p := range payload {
		b = append(b, p^key[i%4])
	}
	return b
}

// header is the beginning of a client's frame, up to its key, with the length
// in its shortest form.
func header(first byte, length uint64) []byte {
	switch {
	case length <= 125:
		return []byte{first, 0x80 | byte(length)}
	case length <= 0xFFFF:
		return binary.BigEndian.AppendUint16([]byte{first, 0x80 | 126}, uint16(length))
	default:
		return binary.BigEndian.AppendUint64([]byte{first, 0x80 | 127}, length)
	}
}

// closePayload is the payload of a Close frame.
func closePayload(code uint16, reason string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, code), reason...)
}

// closeFrame is a client's Close frame.
func closeFrame(code uint16) []byte { return masked(fin|opClose, closePayload(code, "")) }

// fragmented is a message in the given frames.
func fragmented(op byte, parts ...string) (b []byte) {
	for i, part := range parts {
		first := op
		if i > 0 {
			first = opContinuation
		}
		if i == len(parts)-1 {
			first |= fin
		}
		b = append(b, masked(first, []byte(part))...)
	}
	return b
}

// serverFrame is a frame from the server.
type serverFrame struct {
	first   byte
	payload []byte
}

func (f serverFrame) opcode() byte { return f.first & 0x0F }

// closeCode is a Close frame's code, 0 for none.
func (f serverFrame) closeCode() int {
	if len(f.payload) < 2 {
		return 0
	}
	return int(binary.BigEndian.Uint16(f.payload))
}
