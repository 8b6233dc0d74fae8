package ws

import (
	"cmp"
	"errors"
	"math"
	"sync"
	"sync/atomic"

	"github.com/handset-go/handset/internal/deflate"
	"github.com/handset-go/handset/internal/inflate"
)

// Compression says how a server compresses messages, by permessage-deflate
// (RFC 7692). The zero value is not at all. It is used with clients that offer
// it, as browsers do; with others messages go as they are.
//
// Text of some hundred bytes or more, such as JSON, becomes two to ten times
// shorter, which costs 10 to 30 µs of CPU per KiB to send and 3 µs to receive.
// That is worth it where the network is slow or paid for, and not on a local
// network, nor for images and other data that is compressed already. A message
// that would not become shorter is sent as it is.
//
// Without takeover each message is compressed by itself, and an idle session
// costs fewer than 300 bytes more than one without compression. With takeover a
// message may refer to those before it, which makes short ones that resemble
// each other much shorter; for that the session keeps the end of what it has
// sent, or received: as much as has passed, up to the window, which is two to
// the number of its bits, and to send no more than 16 KiB at levels below 5.
//
// Some clients let the payloads of Pongs into what their compressed messages refer
// to, against RFC 7692, and are misunderstood from then on; lxzan/gws 1.8.9 is one.
// With takeover from the client the heartbeat's Pings have no payload, for which
// such clients are safe; for Session.Ping that is up to the program.
//
// These figures are of what the session holds. To compress takes more stack than
// to receive, and a goroutine keeps a stack of the size it once needed: one that
// sends from its loop over Recv has some 2 KiB more from then on.
//
// A message that holds a secret beside text that an attacker chooses should not
// be compressed: its length tells something of the secret.
type Compression struct {
	// Level is from 1, the fastest, to 9, the smallest; 0 is no compression.
	Level int

	// MinSize is the length in bytes from which on a message is compressed;
	// 0 means 128. Messages that are sent in pieces are compressed whatever
	// their length, unless their first piece shows that it is not worth it.
	MinSize int

	// SendTakeover lets messages to the client refer to those before, and
	// RecvTakeover those from it, unless the client wishes otherwise.
	SendTakeover bool
	RecvTakeover bool

	// SendWindowBits and RecvWindowBits are the windows' sizes at most, from 8
	// for 256 bytes to 15 for 32 KiB; 0 means 15. A client that cannot be told
	// the size of its window has to do without takeover if it is not 15.
	// RecvWindowBits of 8 asks the client for 9 unless it has offered 8
	// itself, because zlib, which most clients use, cannot compress with 8.
	SendWindowBits int
	RecvWindowBits int
}

// Frugal is compression of each message by itself at the fastest level: nearly
// no memory for an idle session. It is right for most servers.
func Frugal() Compression { return Compression{Level: 1} }

// Balanced is compression with takeover in windows of 4 KiB, for many short
// messages that resemble each other: up to 8 KiB for a session, and about twice
// the CPU of Frugal.
func Balanced() Compression {
	return Compression{Level: 5, SendTakeover: true, RecvTakeover: true, SendWindowBits: 12, RecvWindowBits: 12}
}

// Dense is compression with takeover in the largest windows: up to 64 KiB for a
// session, and several times the CPU of Frugal, for what is long and whose
// bytes are dear.
func Dense() Compression {
	return Compression{Level: 5, MinSize: 32, SendTakeover: true, RecvTakeover: true}
}

const defaultMinSize = 128

// check finds options that make no sense.
func (c Compression) check() error {
	switch {
	case c.Level < 0 || c.Level > 9:
		return errors.New("compression level is not from 0 to 9")
	case c.MinSize < 0:
		return errors.New("negative MinSize of compression")
	case !validBits(c.SendWindowBits) || !validBits(c.RecvWindowBits):
		return errors.New("window bits of compression are not from 8 to 15")
	case c.Level == 0 && c != Compression{}:
		return errors.New("compression has options but no level")
	}
	return nil
}

func validBits(n int) bool { return n == 0 || n >= 8 && n <= 15 }

// negotiate chooses among a client's offers. Nothing comes of it, nil and "",
// if none can be accepted.
func (c Compression) negotiate(offers []string) (*compression, string) {
	if c.Level == 0 {
		return nil, ""
	}
	params, answer, ok := deflate.Negotiate(offers, deflate.Config{
		NoServerTakeover: !c.SendTakeover, NoClientTakeover: !c.RecvTakeover,
		ServerWindowBits: c.SendWindowBits, ClientWindowBits: c.RecvWindowBits,
	})
	if !ok {
		return nil, ""
	}
	return &compression{
		sends:    params.Deflater(c.Level),
		receives: params.Inflater(),
		minSize:  int32(min(cmp.Or(c.MinSize, defaultMinSize), math.MaxInt32)),
		alone:    params.ServerNoTakeover,
		recvs:    !params.ClientNoTakeover,
		packing:  packing{level: uint8(c.Level), bits: uint8(params.ServerWindowBits)},
	}, answer
}

// compression is what a session keeps if it was agreed on.
type compression struct {
	sends    deflate.Deflater // with the order locked
	receives inflate.Decoder  // the reader's
	order    sync.Mutex       // of what is compressed to be sent
	over     atomic.Bool      // nothing is sent any more
	minSize  int32
	packing  packing
	alone    bool // what is sent refers to no message before
	recvs    bool // what is received may
	inPieces bool // a message in pieces is being sent, compressed; with the order locked
}
