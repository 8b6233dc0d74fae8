package deflate

import "github.com/handset-go/handset/internal/window"

// tail is what is removed from the end of a message (RFC 7692 §7.2.1).
const tail = "\x00\x00\xff\xff"

// Deflater compresses the messages of one direction. Params.Deflater makes one.
//
// All it keeps is a window: the last bytes it has sent. A pooled compressor is
// shown them for each piece anew, which takes 2 to 4 µs per KiB. To keep a
// compressor would save that time, and cost each connection 0.8 MiB or more.
type Deflater struct {
	window   window.Window
	level    uint8
	bits     uint8
	takeover bool
}

// Append appends to dst the compressed form of a message, or of the next piece
// of one, and returns the extended slice. last says that the message ends with
// it. What is appended can be longer than the data, by at most 1 in 1,000 and
// 80 bytes.
//
// It changes nothing in d, so a message may also be sent as it is, or not at
// all. If it is sent compressed, Sent must be called before the next Append.
func (d *Deflater) Append(dst, data []byte, last bool) ([]byte, error) {
	switch {
	case len(data) == 0 && last:
		return append(dst, 0), nil // the head of an empty stored block (§7.2.3.6)
	case len(data) == 0:
		return dst, nil
	}
	if d.prefersFixed(len(data)) {
		dst = appendFixed(dst, data, &d.window, 1<<d.bits)
	} else {
		var err error
		if dst, err = d.encode(dst, data); err != nil {
			return nil, err
		}
	}
	if last {
		dst = dst[:len(dst)-len(tail)] // §7.2.1
	}
	return dst, nil
}

// encode runs a pooled encoder. That of a level could refer 32 KiB back: for a
// smaller window it is shown no more than leaves all distances within it, or
// where that would cost too much the one for the window is taken.
func (d *Deflater) encode(dst, data []byte) ([]byte, error) {
	pool, shown := &byLevel[d.level], d.window.Len()
	if d.level < windowLevel {
		shown = min(shown, smallReach+2*len(data))
	}
	if size := 1 << d.bits; shown+len(data) > size && d.bits < maxBits {
		if d.level < windowLevel && len(data) <= size/2 {
			shown = size - len(data)
		} else {
			pool = &byBits[d.bits]
		}
	}
	e := pool.Get().(*encoder)
	defer pool.Put(e)
	return e.append(dst, data, &d.window, shown)
}

// prefersFixed reports whether a fixedEncoder is better at so many bytes. As long as there is a
// window, the codes that an encoder brings cost more than they save. Without
// one, encoders of levels 1 to 6 look for no matches in less than 128 bytes.
func (d *Deflater) prefersFixed(length int) bool {
	if d.window.Len() > 0 {
		return length <= fixedLimit
	}
	return length < aloneLimit && d.level < aloneLevel
}

// Sent says that data, a message or a piece of one, has been sent compressed:
// by Append, or by the Append of another Deflater that had nothing in its
// window and the same number of bits or less, which is how one compression
// serves many connections.
func (d *Deflater) Sent(data []byte, last bool) {
	if last && !d.takeover {
		d.window.Free()
		return
	}
	d.window.Add(data)
}

// Free gives back all memory and forgets the context.
func (d *Deflater) Free() { d.window.Free() }
