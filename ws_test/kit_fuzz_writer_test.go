package ws_test

import (
	"bytes"
	"io"

	"github.com/handset-go/handset/ws"
)

// fuzzWriter is a Writer that a script has opened.
type fuzzWriter struct {
	io.WriteCloser
	kind     ws.Kind
	buffered []byte // by its last Write
	begun    bool   // a fragment may have been sent
	busy     bool   // a call has not returned
}

// writerStep opens a Writer, or writes to it or closes it.
func (r *fuzzRun) writerStep(in *fuzzInput) {
	how := in.byte()
	slot := &r.writers[how&1]
	if *slot == nil {
		kind := []ws.Kind{ws.Text, ws.Binary, ws.Ping}[how>>1%3]
		*slot = &fuzzWriter{WriteCloser: r.session.Writer(r.context(in), kind), kind: kind}
	}
	w := *slot
	if r.writing(w) {
		return // it is not safe for concurrent use
	}
	if how&0x20 != 0 {
		*slot = nil
		r.closeWriter(w)
		return
	}
	payload := in.payload()
	if how&0x10 == 0 {
		payload = bytes.ToValidUTF8(payload, nil)
	}
	r.write(w, payload)
}

// writing reports whether a call of the Writer has not returned, and otherwise reserves it.
func (r *fuzzRun) writing(w *fuzzWriter) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	busy := w.busy
	w.busy = true
	return busy
}

// write calls Write, which sends what is in front of the last 16 KiB, in fragments.
func (r *fuzzRun) write(w *fuzzWriter, payload []byte) {
	const size = 16 << 10
	all := append(w.buffered, payload...)
	var sends []*fuzzSend
	for len(all) > size {
		sends = append(sends, r.begins(w.first(), all[:size]))
		all = all[size:]
	}
	w.buffered = bytes.Clone(all)
	r.goes(func() {
		_, err := w.Write(payload)
		r.returnsWriter(w, err, sends)
	})
}

func (w *fuzzWriter) first() byte {
	if w.begun {
		return opContinuation
	}
	w.begun = true
	return fuzzFirst[w.kind] &^ fin
}

// closeWriter calls Close, which sends the rest.
func (r *fuzzRun) closeWriter(w *fuzzWriter) {
	first := fin | byte(opContinuation)
	if !w.begun {
		first = fuzzFirst[w.kind]
	}
	s := r.begins(first, w.buffered)
	if w.begun {
		r.closes() // if it fails, it closes the session
	}
	r.goes(func() {
		err := w.Close()
		r.returnsWriter(w, err, []*fuzzSend{s})
		if again := w.Close(); again == nil {
			r.errorf("the second Close of a Writer returned no error")
		}
	})
}

func (r *fuzzRun) returnsWriter(w *fuzzWriter, err error, sends []*fuzzSend) {
	r.returns(err, sends...)
	r.mu.Lock()
	defer r.mu.Unlock()
	w.busy = false
	for i, s := range sends {
		s.maybe = err != nil && i < len(sends)-1
	}
}
