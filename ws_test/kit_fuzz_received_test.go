package ws_test

import (
	"errors"
	"io"
	"reflect"

	"github.com/handset-go/handset/ws"
)

// checkReceived compares what was received with the model. A session that nothing has
// interfered with must have received everything, and end as its peer has ended it.
func (r *fuzzRun) checkReceived(err error) {
	got, want := &r.receiver.got, r.model()
	events := want.events
	if r.beats { // the Pongs that answer it are not delivered
		got.events, events = withoutPongs(got.events), withoutPongs(events)
	}
	if r.options.maxMessage > 0 {
		for i := range events {
			events[i].at = 0
		}
	}
	if r.receiver.owner == "Discard" {
		return
	}
	gaps := r.hasClosed() || r.shut
	all := !gaps && !r.hindered && r.mayExpire() == 0
	r.compareEvents(got.events, events, gaps, want.vague)
	if want.vague || want.uncertain || !all || got.view == byChan && len(got.events) > 0 && got.events[len(got.events)-1].kind == 0 {
		return
	}
	if len(got.events) != len(events) || got.err != want.err {
		r.errorf("received %d events and %v, want %d and %v", len(got.events), got.err, len(events), want.err)
	}
	if !sameEnd(err, want.err) {
		r.errorf("the session has ended with %v, want %v", err, want.err)
	}
}

// sameEnd reports whether a session has ended as the model says.
func sameEnd(err, want error) bool {
	var closed *ws.CloseError
	var failed *ws.ProtocolError
	switch {
	case want == io.EOF:
		return errors.As(err, &closed) && closed.ByPeer
	case want == io.ErrUnexpectedEOF:
		return errors.Is(err, io.ErrUnexpectedEOF)
	}
	return errors.As(err, &failed) && want == failure(failed.Code)
}

// compareEvents compares the events received with the model's, of which those at the end
// may be missing and, if there may be gaps, others.
func (r *fuzzRun) compareEvents(got, want []event, gaps, vague bool) {
	for i, e := range got {
		for gaps && len(want) > 0 && !sameEvent(e, want[0]) {
			want = want[1:]
		}
		if len(want) == 0 {
			if !vague && !(e.kind == 0 && i == len(got)-1) && !gaps {
				r.errorf("event %d is %s, want none", i, show(got, i))
			}
			return
		}
		if !sameEvent(e, want[0]) {
			r.errorf("event %d is %s, want %s", i, show(got, i), show(want, 0))
			return
		}
		want = want[1:]
	}
}

func sameEvent(got, want event) bool {
	if want.at == anywhere {
		got.at = anywhere
	}
	return reflect.DeepEqual(got, want)
}

func withoutPongs(events []event) (others []event) {
	for _, e := range events {
		if e.kind != ws.Pong {
			others = append(others, e)
		}
	}
	return others
}
