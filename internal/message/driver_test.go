package message

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/inflate"
)

// driven is a connection that has no goroutine: it is read when bytes arrive, with a
// Reader that it has only while there is something to remember.
type driven struct {
	name    string
	rest    []byte // what has not arrived
	model   model
	decoder *inflate.Decoder
	view    view
	reader  *Reader
	got     transcript
}

// arrive reads what arrives, with one of the idle Readers if the connection has none.
func (d *driven) arrive(t *testing.T, n int, idle *[]*Reader) {
	if d.reader == nil {
		if last := len(*idle) - 1; last >= 0 {
			d.reader, *idle = (*idle)[last], (*idle)[:last]
		} else {
			d.reader = new(Reader)
		}
		d.reader.Side, d.reader.MaxFrame, d.reader.Decoder = d.model.side, d.model.maxFrame, d.decoder
	}
	r := d.reader
	n = copy(r.Space(n), d.rest[:min(n, len(d.rest))])
	r.Arrived(n)
	d.rest = d.rest[n:]
	d.got.readAll(t, r, d.view)
	r.Event = Event{}
	if r.Release(); r.Idle() {
		r.Reset()
		d.reader, *idle = nil, append(*idle, r)
	}
}

// Connections of both sides, with and without compression and limits, are read in turn
// by one goroutine. Nothing that a Reader has read for one is left for the next.
func TestReaderOfManyConnections(t *testing.T) {
	var all []*driven
	for side, reads := range sides {
		for i, c := range conversations {
			for _, limit := range []int{-1, 1 << 20, 4} {
				d := &driven{
					name:  fmt.Sprintf("%s/%s/limit=%d", side, c.name, limit),
					rest:  join(reads, append([]part{{fin | text, ""}, {fin | ping, "1"}}, c.parts...)...),
					model: model{side: reads, compression: c.compressed(), takeover: i%2 == 0, limit: limit, maxFrame: uint64(i%3) * 1000},
					view:  viewOf(limit),
				}
				if c.compressed() {
					decoder := inflate.New(1<<15, d.model.takeover)
					d.decoder = &decoder
				}
				d.model.run(bytes.Clone(d.rest))
				all = append(all, d)
			}
		}
	}
	var idle []*Reader
	random := rand.New(rand.NewPCG(1, 2))
	sizes := []int{1, 2, 6, 7, 100, 5000, 70_000}
	for open := append([]*driven(nil), all...); len(open) > 0; {
		i := random.IntN(len(open))
		open[i].arrive(t, sizes[random.IntN(len(sizes))], &idle)
		if len(open[i].rest) == 0 {
			open = append(open[:i], open[i+1:]...)
		}
	}
	if len(idle) < 2 {
		t.Errorf("%d Readers have become idle", len(idle))
	}
	for _, d := range all {
		if !d.model.allows(d.got) {
			t.Errorf("%s: %v, want %v and %s", d.name, d.got, d.model.items, d.model.end)
		}
	}
}

// A Reader that is Reset keeps none of its options.
func TestReaderResetOptions(t *testing.T) {
	r := newReader(frame.Client, true, true)
	r.MaxFrame = 3
	if got := read(t, r, viewOf(-1), wire(frame.Client, fin|text, "abc"), 1); got.err != nil || len(got.items) != 1 {
		t.Fatal(got)
	}
	r.Event = Event{}
	r.Release()
	r.Reset()
	if r.Side != frame.Server || r.MaxFrame != 0 || r.Decoder != nil {
		t.Errorf("%+v", r)
	}
}
