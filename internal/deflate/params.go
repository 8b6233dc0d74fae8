package deflate

import (
	"cmp"

	"github.com/handset-go/handset/internal/inflate"
	"github.com/handset-go/handset/internal/window"
)

const (
	minBits = window.MinBits
	maxBits = window.MaxBits
)

// Config limits what a side agrees to. Its zero value limits nothing. The fields of
// Config and of Params are named from the view of that side: for a server, Send stands
// for the parameters server_*, and Recv for client_*; for a client it is the other way
// round.
type Config struct {
	NoSendTakeover bool // every message sent stands alone
	NoRecvTakeover bool // every message received stands alone
	SendWindowBits int  // the most for the window to send, 8 to 15; 0 means 15
	RecvWindowBits int  // the most for the window to receive, 8 to 15; 0 means 15, and 8 means 9 unless a client offers 8
}

// Params is what client and server have agreed on, from the view of one of them. Its
// fields are named as those of Config. Negotiate and Agree set all of them.
type Params struct {
	NoSendTakeover bool
	NoRecvTakeover bool
	SendWindowBits int
	RecvWindowBits int
}

// Deflater returns a Deflater for what this side sends. level is from 1, the
// fastest, to 9, the one with the smallest result; 0 means 1. Levels below 5 use at
// most 16 KiB of the window. For windows of less than 15 bits all levels from 5 on
// give nearly the same results, and so do all levels for messages longer than half the
// window.
func (p Params) Deflater(level int) Deflater {
	d := Deflater{
		level:    uint8(min(max(level, 1), 9)),
		bits:     uint8(least(p.SendWindowBits, 0)),
		takeover: !p.NoSendTakeover,
	}
	size := 1 << d.bits
	switch {
	case !d.takeover:
		size = min(size, smallReach)
	case d.level < windowLevel:
		size = min(size, fastReach)
	}
	d.window = window.New(size)
	return d
}

// Inflater returns a decoder for what this side receives.
func (p Params) Inflater() inflate.Decoder {
	return inflate.New(1<<max(least(p.RecvWindowBits, 0), leastDeflated), !p.NoRecvTakeover)
}

// least returns the smaller number of bits, from 8 to 15. 0 means 15.
func least(configured, agreed int) int {
	return max(min(cmp.Or(configured, maxBits), cmp.Or(agreed, maxBits)), minBits)
}

// asked returns the most bits for the window to receive that the peer is asked for.
// 0 means 15. It is no less than leastDeflated: many cannot compress for less, and
// refuse such an offer or such an answer.
func asked(configured int) int { return max(least(configured, 0), leastDeflated) }
