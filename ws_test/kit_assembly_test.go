package ws_test

import (
	"bytes"
	"fmt"
)

// assembly puts the server's messages together from their frames, and finds frames that
// do not follow each other as RFC 6455 §5.4 demands.
type assembly struct {
	opcode byte // of the message that is open, 0 for none
	data   bytes.Buffer
}

// add takes a frame, and returns a message when it is whole.
func (a *assembly) add(f serverFrame) (message []byte, whole bool, err error) {
	switch {
	case f.first&0x70 != 0:
		return nil, false, fmt.Errorf("reserved bits in frame %#x", f.first)
	case f.opcode() >= opClose:
		return nil, false, nil
	case (f.opcode() == opContinuation) != (a.opcode != 0):
		return nil, false, fmt.Errorf("frame %#x while a message of opcode %d is open", f.first, a.opcode)
	case f.opcode() != opContinuation:
		a.opcode = f.opcode()
		a.data.Reset()
	}
	a.data.Write(f.payload)
	if f.first&fin == 0 {
		return nil, false, nil
	}
	a.opcode = 0
	return a.data.Bytes(), true, nil
}

// nextMessage reads on to the end of the server's next data message.
func (c *client) nextMessage(a *assembly) ([]byte, error) {
	for {
		f, err := c.next()
		if err != nil {
			return nil, err
		}
		if message, whole, err := a.add(f); whole || err != nil {
			return message, err
		}
	}
}
