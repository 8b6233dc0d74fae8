package deflatetest

import (
	"bytes"
	"compress/flate"
	"io"
	"slices"
)

// tail is the end of the empty stored block that a message ends with, which its
// sender removes (RFC 7692 §7.2.1).
const tail = "\x00\x00\xff\xff"

// Endings that Standard can put in place of what the sender of a message removed.
// The standard library wants to see a final block.
const (
	Ended     = tail + "\x01\x00\x00\xff\xff" // the tail, and a final block
	EndedToo  = tail + "\x03\x00"             // the same with another final block
	Untouched = "\x03\x00"                    // for messages that end between blocks
)

// standardReader is for Standard, which is called too often to make one.
var standardReader = flate.NewReader(nil)

// Standard inflates a message that follows history with the standard library.
// After a final block it begins another stream. ending is appended to the
// message. Standard is not safe for concurrent use.
func Standard(message, history []byte, ending string) (inflated []byte, ok bool) {
	all := slices.Clone(history)
	in := bytes.NewReader(append(slices.Clone(message), ending...))
	r := standardReader
	for in.Len() > 0 {
		if err := r.(flate.Resetter).Reset(in, all[max(0, len(all)-1<<15):]); err != nil {
			panic(err)
		}
		out, err := io.ReadAll(r)
		all = append(all, out...)
		if err != nil {
			return all[len(history):], false
		}
	}
	return all[len(history):], true
}

// StandardAccepts is Standard for messages that can end in any way that is
// allowed. It never takes bytes of an ending for contents.
func StandardAccepts(message, history []byte) (inflated []byte, ok bool) {
	out, ok := Standard(message, history, Ended)
	again, okToo := Standard(message, history, EndedToo)
	if ok && okToo && bytes.Equal(out, again) {
		return out, true
	}
	if between, ok := Standard(message, history, Untouched); ok && aligned(message, history, between) {
		return between, true
	}
	return out, false
}

// aligned reports whether the message ends with a byte: then a stored block can
// follow, which begins there, whatever the bits before it.
func aligned(message, history, inflated []byte) bool {
	out, ok := Standard(message, history, "\x00\x01\x00\xfe\xff*\x03\x00")
	return ok && bytes.Equal(out, append(slices.Clone(inflated), '*'))
}
