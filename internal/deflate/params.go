package deflate

import (
	"github.com/handset-go/handset/internal/inflate"
	"github.com/handset-go/handset/internal/window"
)

const (
	minBits = window.MinBits
	maxBits = window.MaxBits
)

// Config is what a server is willing to do. Its zero value is all of it.
type Config struct {
	NoServerTakeover bool // every message from the server stands alone
	NoClientTakeover bool // every message from the client stands alone
	ServerWindowBits int  // the most for the server's window, 8 to 15; 0 means 15
	ClientWindowBits int  // the most for the client's window, 8 to 15; 0 means 15, and 8 means 9 unless the client offers 8
}

// Params is what client and server have agreed on. It is comparable. Its fields
// mean the same as those of Config, and Negotiate leaves no 0.
type Params struct {
	ServerNoTakeover bool
	ClientNoTakeover bool
	ServerWindowBits int
	ClientWindowBits int
}

// Deflater returns a compressor for what the server sends. level is from 1, the
// fastest, to 9, the smallest; 0 means 1. Levels below 5 keep no more than 16 KiB
// of the window. For windows of less than 15 bits the levels from 5 on, and all
// levels when messages are longer than half the window, are much the same.
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

// Inflater returns a decompressor for what the client sends.
func (p Params) Inflater() inflate.Decoder {
	return inflate.New(1<<max(least(p.ClientWindowBits, 0), leastDeflated), !p.ClientNoTakeover)
}
