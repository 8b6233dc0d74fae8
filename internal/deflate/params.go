package deflate

import (
	"github.com/handset-go/handset/internal/inflate"
	"github.com/handset-go/handset/internal/window"
)

const (
	minBits = window.MinBits
	maxBits = window.MaxBits
)

// Config limits what a server agrees to. Its zero value limits nothing.
type Config struct {
	NoServerTakeover bool // every message from the server stands alone
	NoClientTakeover bool // every message from the client stands alone
	ServerWindowBits int  // the most for the server's window, 8 to 15; 0 means 15
	ClientWindowBits int  // the most for the client's window, 8 to 15; 0 means 15, and 8 means 9 unless the client offers 8
}

// Params is what client and server have agreed on. Its fields mean the same as
// those of Config. Negotiate sets all of them.
type Params struct {
	ServerNoTakeover bool
	ClientNoTakeover bool
	ServerWindowBits int
	ClientWindowBits int
}

// Deflater returns a Deflater for what the server sends. level is from 1, the
// fastest, to 9, the one with the smallest result; 0 means 1. Levels below 5 use at
// most 16 KiB of the window. For windows of less than 15 bits all levels from 5 on
// give nearly the same results, and so do all levels for messages longer than half the
// window.
func (p Params) Deflater(level int) Deflater {
	d := Deflater{
		level:    uint8(min(max(level, 1), 9)),
		bits:     uint8(least(p.ServerWindowBits, 0)),
		takeover: !p.ServerNoTakeover,
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

// Inflater returns a decoder for what the client sends.
func (p Params) Inflater() inflate.Decoder {
	return inflate.New(1<<max(least(p.ClientWindowBits, 0), leastDeflated), !p.ClientNoTakeover)
}
