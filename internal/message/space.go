package message

// Space returns where to read the next bytes to, about size bytes, never none.
// Arrived has to be called before anything else if something was read, and Release
// if there was nothing to be read. A size of more than ChunkSize says that so much
// has arrived.
func (r *Reader) Space(size int) []byte {
	if !r.readsDirectly() {
		return r.inbox.Space(min(size, ChunkSize))
	}
	r.inbox.Release()
	return r.message.space(min(r.left, uint64(size)), r.left)
}

// Arrived takes in the n bytes that were read into the space.
func (r *Reader) Arrived(n int) {
	if !r.readsDirectly() {
		r.inbox.Arrived(n)
		if r.err != nil {
			r.inbox.Free()
		}
		return
	}
	r.left -= uint64(n)
	if err := r.unmask(r.message.extend(n)); err != nil {
		_ = r.fail(err) // the next call of Next returns it
	}
}

// smallSpace is space for a few frames.
const smallSpace = 4 << 10

// Add takes in a copy of b. It is for bytes that were read elsewhere.
func (r *Reader) Add(b []byte) {
	for len(b) > 0 {
		n := copy(r.Space(max(len(b), smallSpace)), b)
		r.Arrived(n)
		b = b[n:]
	}
}

// Release gives back the memory that holds nothing. It is to be called before the
// caller waits for more bytes.
func (r *Reader) Release() {
	r.reclaim()
	r.inbox.Release()
	r.message.fit()
}

// readsDirectly reports whether the next bytes are payload that belongs in the
// message and nowhere else.
func (r *Reader) readsDirectly() bool { return r.direct && r.left > 0 }
