package inflate

import (
	"encoding/binary"
	"sync"

	"github.com/handset-go/handset/internal/window"
)

// outcome is how a step went.
type outcome uint8

const (
	proceed outcome = iota // to the next step
	starved
	full
	done
	invalid
)

// tail is what the sender of a message has removed from its end
// (RFC 7692 §7.2.1).
var tail = []byte{0x00, 0x00, 0xff, 0xff}

// state is that of a message that is being inflated. Every step can stop before
// any bit that has not arrived, or any byte that has no room, and be taken up
// again.
type state struct {
	window *window.Window // what stands before dst
	dst    []byte
	src    []byte
	n      int // bytes of dst that are filled
	used   int // bytes of src that are in bits

	bits  uint64 // that were read and not used, the first one lowest
	count uint   // of bits; the others are zero
	tail  int    // bytes of tail that were read
	step  step
	final bool // the block is the last of its stream

	stored   int // bytes of a stored block that are to come
	length   int // of a match that is being copied: what is to come
	distance int

	literals  *huffman // of the block, and lengths
	distances *huffman
	own       [2]huffman // for blocks that bring their codes
	header    blockHeader
}

// step is what a state does next.
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

var states = sync.Pool{New: func() any { return new(state) }}

func takeState() *state { return states.Get().(*state) }

func (f *state) free() {
	f.bits, f.count, f.tail, f.step, f.length = 0, 0, 0, atBlock, 0
	states.Put(f)
}

// read goes on with src.
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

// end goes on behind the message's last byte, with the four that its sender
// has removed.
//
// zlib writes nothing when it is flushed twice with nothing in between, so
// peers built on it may send an empty message, or last fragment, without even
// the byte that should be left. A message may therefore end between blocks too,
// and then the four bytes are not missing. The same goes for one that ends with
// a final block.
func (f *state) end() outcome {
	if f.tail == 0 && f.between() {
		return done
	}
	o := f.read(tail[f.tail:])
	f.tail += f.used
	switch {
	case o != starved:
		return o
	case f.between():
		return done
	}
	return invalid
}

// between reports whether all bits have been used and a block would come next.
func (f *state) between() bool { return f.step == atBlock && f.count == 0 }

// need makes sure that there are n bits, at most 56.
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

// fill gets as many bits as there is place for, and reports whether there were
// any.
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

// take uses n bits that are there.
func (f *state) take(n uint) int {
	v := f.bits & (1<<n - 1)
	f.drop(n)
	return int(v)
}

func (f *state) drop(n uint) {
	f.bits >>= n
	f.count -= n
}
