package ws_test

import (
	"fmt"

	"github.com/handset-go/handset/ws"
)

// wireFrame is a frame or a part of one, not masked.
type wireFrame struct {
	first   byte // fin, reserved bits and opcode
	payload string
	rest    int  // how much of the payload later steps send
	goesOn  bool // the payload is a part of that of the frame before, and first is not sent

	length    string // the 7 bits and what extends them, instead of those of the payload
	wrongMask bool   // masked by a server, or not masked by a client
}

func (f wireFrame) String() string {
	return fmt.Sprintf("%#x of %d bytes %q", f.first, len(f.payload), clip([]byte(f.payload)))
}

func textFrame(payload string) wireFrame   { return wireFrame{first: fin | opText, payload: payload} }
func binaryFrame(payload string) wireFrame { return wireFrame{first: fin | opBinary, payload: payload} }
func pingFrame(payload string) wireFrame   { return wireFrame{first: fin | opPing, payload: payload} }
func pongFrame(payload string) wireFrame   { return wireFrame{first: fin | opPong, payload: payload} }

func closingFrame(code ws.CloseCode, reason string) wireFrame {
	return wireFrame{first: fin | opClose, payload: string(closePayload(uint16(code), reason))}
}

// openFragment is a frame that begins a message of an opcode, or continues one.
func openFragment(op byte, payload string) wireFrame { return wireFrame{first: op, payload: payload} }

// lastFragment is the frame that ends a fragmented message.
func lastFragment(payload string) wireFrame {
	return wireFrame{first: fin | opContinuation, payload: payload}
}

// inFragments is a message in fragments of n bytes, and one of the rest.
func inFragments(op byte, payload string, n int) (frames []wireFrame) {
	for len(payload) > n {
		frames = append(frames, openFragment(op, payload[:n]))
		op, payload = opContinuation, payload[n:]
	}
	return append(frames, wireFrame{first: fin | op, payload: payload})
}

// reserved sets reserved bits of a frame: RSV1 is 4, RSV2 is 2 and RSV3 is 1.
func reserved(bits byte, f wireFrame) wireFrame {
	f.first |= bits << 4
	return f
}

// withLength has a header say another length, by its 7 bits and what extends them.
func withLength(length string, f wireFrame) wireFrame {
	f.length = length
	return f
}

// withWrongMask has a server's frame masked, or a client's not.
func withWrongMask(f wireFrame) wireFrame {
	f.wrongMask = true
	return f
}

// deflatedFrame is a frame whose payload is compressed, with RSV1.
func deflatedFrame(first byte, payload string) wireFrame {
	return wireFrame{first: first | rsv1, payload: payload}
}
