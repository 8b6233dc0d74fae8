package deflate

import "github.com/handset-go/handset/internal/window"

// tail is removed from the end of a message (RFC 7692 §7.2.1).
const tail = "\x00\x00\xff\xff"

// A Deflater compresses the messages of one direction. Params.Deflater makes one.
// It must not be copied after first use, and is not safe for concurrent use.
//
// All it keeps is a window: the last bytes that were sent. A compressor from a pool
// reads them again for each fragment, which takes 2 to 4 µs per KiB. To keep a
// compressor would save that time, and cost each connection 0.8 MiB or more.
type Deflater struct {
	window   window.Window
	level    uint8
	bits     uint8
	takeover bool
}

// Append appends to dst the compressed form of a message, or of the next fragment
// of one, and returns the extended slice. last reports whether the message ends
// with this fragment. The compressed form can be longer than data, by at most a
// thousandth and 80 bytes. Append keeps no reference to data. An error is one of the
// compressor.
//
// Append does not change d, so that a message may also be sent uncompressed, or not
// at all. If it is sent compressed, Sent must be called before the next Append.
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

// encode compresses a fragment with an encoder from a pool. Encoders of a level may
// refer 32 KiB back. For a smaller window such an encoder gets only so much of the
// window that no distance can be too long; where that would cost too much of the
// result, encode takes an encoder for the window.
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

// prefersFixed reports whether a fixedEncoder is better than an encoder for a fragment
// of this length. If there is something in the window, the codes that an encoder
// makes take more bytes than they save. If there is nothing, encoders of levels 1 to
// 6 do not look for matches in less than 128 bytes.
func (d *Deflater) prefersFixed(length int) bool {
	if d.window.Len() > 0 {
		return length <= fixedLimit
	}
	return length < aloneLimit && d.level < aloneLevel
}

// Sent must be called when data, a message or a fragment of one, has been sent
// compressed by Append. The Append may have been that of another Deflater with
// nothing in its window and a window of the same size or less: so a message that is
// compressed once can be sent on many connections.
func (d *Deflater) Sent(data []byte, last bool) {
	if last && !d.takeover {
		d.window.Free()
		return
	}
	d.window.Add(data)
}

// Free gives back all memory. The Deflater forgets the context.
func (d *Deflater) Free() { d.window.Free() }
