package load

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/klauspost/compress/flate"
)

// Deflate is how the messages of a tape are compressed, by the client and by the
// server (RFC 7692).
type Deflate int

const (
	Plain    Deflate = iota // not at all
	Alone                   // each by itself
	Takeover                // each may refer to the 32 KiB before it
)

const (
	windowSize  = 32 << 10
	clientLevel = 6 // as browsers have it
	deflateTail = "\x00\x00\xff\xff"
)

// offer is the client's line of the handshake.
func (d Deflate) offer() string {
	const offer = "Sec-WebSocket-Extensions: permessage-deflate"
	switch d {
	case Alone:
		return offer + "; client_no_context_takeover; server_no_context_takeover\r\n"
	case Takeover:
		return offer + "\r\n"
	}
	return ""
}

// ErrNotAgreed is a server that compresses otherwise than it was offered.
var ErrNotAgreed = errors.New("load: the server does not agree to the compression that is to be measured")

// checkAccepted looks for the server's consent among the fields of its answer.
func (d Deflate) checkAccepted(fields string) error {
	var (
		accepts = strings.Contains(fields, "permessage-deflate")
		alone   = strings.Contains(fields, "server_no_context_takeover") && strings.Contains(fields, "client_no_context_takeover")
		less    = strings.Contains(fields, "no_context_takeover") || strings.Contains(fields, "max_window_bits")
	)
	if d == Plain && accepts || d == Alone && !alone || d == Takeover && (!accepts || less) {
		return fmt.Errorf("%w: %q", ErrNotAgreed, fields)
	}
	return nil
}

// packer compresses the messages of one round of a tape as a client does. With
// takeover they are one stream. Its first message refers to nothing, so that the
// stream may follow itself: what the second round refers to is in the second
// round too.
type packer struct {
	deflate Deflate
	out     bytes.Buffer
	flate   *flate.Writer
}

func newPacker(deflate Deflate) *packer {
	p := &packer{deflate: deflate}
	var err error
	if p.flate, err = flate.NewWriter(&p.out, clientLevel); err != nil {
		panic(err) // no such level
	}
	return p
}

// pack returns the compressed payload, which is the caller's until the next call.
func (p *packer) pack(payload []byte) []byte {
	p.out.Reset()
	if p.deflate == Alone {
		p.flate.Reset(&p.out)
	}
	// A buffer takes everything.
	p.flate.Write(payload)
	p.flate.Flush()
	return bytes.TrimSuffix(p.out.Bytes(), []byte(deflateTail))
}
