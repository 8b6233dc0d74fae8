package inflate

import (
	"encoding/binary"
	"sync"

	"github.com/handset-go/handset/internal/window"
)

// outcome is the result of a step.
type outcome uint8

const (
	proceed outcome = iota // go on with the next step
	starved                // src is used up
	full                   // dst is full
	done                   // the message is at its end
	invalid                // the data is
)

// state is the state of a message that is being decoded. Every step can stop
// before any bit that has not arrived, and before any byte for which dst has no
// room. It is then called again with more bytes or more room.
type state struct {
	window *window.Window // the bytes before dst
	dst    []byte
	src    []byte
	n      int // number of bytes written to dst
	used   int // number of bytes of src that were read into bits

	bits  uint64 // the bits that were read and not used, the first one lowest
	count uint   // how many there are; those above are zero
	tail  int    // number of bytes of tail that were read
	step  step
	final bool // the block is the final one of its stream

	stored   int // remaining bytes of a stored block
	length   int // remaining bytes of a match that is being copied
	distance int // of that match

	literals  *huffman // the block's code for literals and lengths
	distances *huffman
	own       [2]huffman       // memory for the codes that a block brings
	sorted    [maxCodes]symbol // their sorted symbols
	header    blockHeader
}

// step is what comes next in the data.
type step uint8

const (
	atBlock step = iota
	atStoredLength
	inStored
	atSizes
	inCodeLengths
	inLengths
	inSymbols
	inMatch
)

var states = sync.Pool{New: func() any {
	f := new(state)
	f.own[0].sorted, f.own[1].sorted = f.sorted[:0:maxLiterals], f.sorted[maxLiterals:maxLiterals]
	return f
}}

func takeState() *state { return states.Get().(*state) }

func (f *state) free() {
	f.bits, f.count, f.tail, f.step, f.length = 0, 0, 0, atBlock, 0
	states.Put(f)
}

// read decodes src, until a step cannot proceed.
func (f *state) read(src []byte) outcome {
	f.src, f.used = src, 0
	for {
		var o outcome
		switch f.step {
		case atBlock:
			o = f.block()
		case atStoredLength:
			o = f.storedLength()
		case inStored:
			o = f.copyStored()
		case atSizes:
			o = f.sizes()
		case inCodeLengths:
			o = f.codeLengths()
		case inLengths:
			o = f.lengths()
		case inSymbols:
			o = f.symbols()
		case inMatch:
			o = f.copyMatch()
		}
		if o != proceed {
			return o
		}
	}
}

// need reads bytes until there are n bits, at most 56, and reports whether src had
// enough.
func (f *state) need(n uint) bool {
	for f.count < n {
		if f.used == len(f.src) {
			return false
		}
		f.bits |= uint64(f.src[f.used]) << f.count
		f.used++
		f.count += 8
	}
	return true
}

// fill reads as many bytes as fit into bits, and reports whether src had any.
func (f *state) fill() bool {
	if rest := f.src[f.used:]; len(rest) >= 8 {
		n := (63 - f.count) / 8
		f.bits |= binary.LittleEndian.Uint64(rest) & (1<<(8*n) - 1) << f.count
		f.used += int(n)
		f.count += 8 * n
		return true
	}
	return f.used < len(f.src) && f.need(f.count+1)
}

// take uses n bits, which must be there, and returns them as a number.
func (f *state) take(n uint) int {
	v := f.bits & (1<<n - 1)
	f.drop(n)
	return int(v)
}

// drop uses n bits, which must be there.
func (f *state) drop(n uint) {
	f.bits >>= n
	f.count -= n
}
