package ws_test

import (
	"cmp"
	"io"
	"slices"
)

// checkSettled checks that everything that was sent has been written, and the last Ping
// that was received been answered (RFC 6455 §5.5.3), if the peer takes everything and the
// session goes on.
func (r *fuzzRun) checkSettled() {
	if want := r.model(); r.hindered || r.mayBeClosed() || want.vague || want.err != io.ErrUnexpectedEOF {
		return
	}
	_, pongs := r.checkWritten(true)
	v := r.receiver
	ahead := v.owner != "" && len(pongs) > 0 // Chan and Discard answer Pings that the program has not received
	if v.pinged && !r.options.upgrader.ManualPong && !ahead && !r.mayBeAnswer(answerTo(v.lastPing)) && (len(pongs) == 0 || pongs[len(pongs)-1] != v.lastPing) {
		r.errorf("the Ping %q was not answered: %q", v.lastPing, pongs)
	}
}

// checkWritten checks that the session has written what calls have sent, and nothing else
// but Pongs, which it returns. complete is whether it must have written everything.
func (r *fuzzRun) checkWritten(complete bool) (frames []wireFrame, pongs []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	frames, err := r.written()
	if err != io.EOF && !(err == io.ErrUnexpectedEOF && !complete) {
		r.t.Errorf("behind %d frames the session has written: %v", len(frames), err)
		return frames, nil
	}
	senders := r.senders(frames)
	var found []*fuzzSend
	for _, f := range frames {
		switch all := senders[f]; {
		case len(all) > 0:
			all[0].found = true
			senders[f] = all[1:]
			if !r.mayBeAnswerLocked(f) {
				found = append(found, all[0])
			}
		case r.mayBeAnswerLocked(f):
		case f.first == fin|opPong:
			pongs = append(pongs, f.payload)
		case f.first == fin|opPing && r.options.upgrader.Heartbeat != noHeartbeat:
			r.beats = true
		case f.first != fin|opClose:
			r.t.Errorf("the session has written %v, which no call has sent", f)
		}
	}
	r.checkOrder(found, complete)
	r.checkPongs(pongs)
	return frames, pongs
}

// senders returns the calls that have sent each of the frames, those first that have returned
// first. Of those that may have sent one, there are no more than it needs.
func (r *fuzzRun) senders(frames []wireFrame) map[wireFrame][]*fuzzSend {
	senders, spare := map[wireFrame][]*fuzzSend{}, map[wireFrame]int{}
	for _, f := range frames {
		spare[f]++
	}
	for _, s := range r.sends {
		s.found = false
		if s.sent || s.maybe || s.ended == never {
			senders[s.frame] = append(senders[s.frame], s)
		}
		if s.sent {
			spare[s.frame]--
		}
	}
	for f, all := range senders {
		slices.SortStableFunc(all, func(a, b *fuzzSend) int { return cmp.Compare(a.ended, b.ended) })
		senders[f] = slices.DeleteFunc(all, func(s *fuzzSend) bool {
			if !s.sent {
				spare[f]--
			}
			return !s.sent && spare[f] < 0
		})
	}
	return senders
}

// checkOrder checks that what one call has sent before the next began was written before
// it, and that only the last of what was sent is missing.
func (r *fuzzRun) checkOrder(found []*fuzzSend, complete bool) {
	earliest := never
	for i := len(found) - 1; i >= 0; i-- {
		if earliest < found[i].begun {
			r.t.Errorf("%v was written before what was sent before it", found[i].frame)
		}
		earliest = min(earliest, found[i].ended)
	}
	latest := 0
	for _, s := range found {
		latest = max(latest, s.begun)
	}
	for _, s := range r.sends {
		if s.sent && !s.found && (complete || s.ended < latest) {
			r.t.Errorf("%v was sent, and not written", s.frame)
		}
	}
}

// mayBeAnswerLocked reports whether a frame is a Pong that the program has sent, and the library
// may have sent to answer a Ping. The caller holds the lock.
func (r *fuzzRun) mayBeAnswerLocked(f wireFrame) bool {
	return f.first == fin|opPong && !r.options.upgrader.ManualPong && slices.ContainsFunc(r.sends, func(s *fuzzSend) bool { return s.frame == f })
}

func (r *fuzzRun) mayBeAnswer(f wireFrame) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mayBeAnswerLocked(f)
}

// answerTo is the frame that answers a Ping.
func answerTo(ping string) wireFrame { return wireFrame{first: fin | opPong, payload: ping} }

// checkPongs checks that the Pongs of the library answer Pings, in their order.
func (r *fuzzRun) checkPongs(pongs []string) {
	want := r.model()
	for _, ping := range want.pongs {
		if r.mayBeAnswerLocked(answerTo(ping)) {
			continue
		}
		if len(pongs) > 0 && pongs[0] == ping && !r.options.upgrader.ManualPong {
			pongs = pongs[1:]
		}
	}
	if len(pongs) > 0 && !want.vague {
		r.t.Errorf("the Pongs %q answer nothing, or in another order", pongs)
	}
}
