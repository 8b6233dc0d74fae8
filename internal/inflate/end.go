package inflate

// tail is the end of the empty stored block that a message ends with. Its sender
// has removed it (RFC 7692 §7.2.1).
var tail = []byte{0x00, 0x00, 0xff, 0xff}

// end decodes the tail, after the last byte of the message.
//
// zlib writes nothing when it is flushed twice with nothing in between, so peers
// built on it may send an empty message, or an empty last fragment, without even
// the one byte that should be left of the block. A message may therefore end
// between blocks too: then the tail is not missing. The same is true of a message
// that ends with a final block.
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
