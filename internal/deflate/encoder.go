package deflate

import (
	"sync"

	"github.com/handset-go/handset/internal/window"
	"github.com/klauspost/compress/flate"
)

// encoder compresses fragments of any length.
type encoder struct {
	flate *flate.Writer
	out   []byte // the result
	dict  []byte // the part of the window that it may refer to
}

// byLevel and byBits are the pools of encoders: those of a level, whose matches
// refer back up to 32 KiB, and those for a smaller window.
var (
	byLevel [10]sync.Pool
	byBits  [maxBits]sync.Pool
)

func init() {
	for level := 1; level < len(byLevel); level++ {
		byLevel[level].New = func() any { return newEncoder(flate.NewWriter(nil, level)) }
	}
	for bits := minBits; bits < len(byBits); bits++ {
		byBits[bits].New = func() any { return newEncoder(flate.NewWriterWindow(nil, 1<<bits)) }
	}
}

func newEncoder(w *flate.Writer, err error) *encoder {
	if err != nil {
		panic(err) // no such level or window
	}
	return &encoder{flate: w}
}

// append appends to dst one fragment, compressed, which may refer to the last bytes of
// the window, as many as shown says, and returns the extended slice.
func (e *encoder) append(dst, data []byte, w *window.Window, shown int) ([]byte, error) {
	e.out = dst
	defer func() { e.out = nil }()
	e.dict = w.AppendLast(e.dict[:0], shown)
	e.flate.ResetDict(e, e.dict)
	if _, err := e.flate.Write(data); err != nil {
		return nil, err
	}
	if err := e.flate.Flush(); err != nil {
		return nil, err
	}
	return e.out, nil
}

// Write appends to the result what the flate.Writer writes.
func (e *encoder) Write(p []byte) (int, error) {
	e.out = append(e.out, p...)
	return len(p), nil
}
