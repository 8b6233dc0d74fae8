package heartbeat

import "testing"

var testMark = Mark{1, 2, 3, 4, 5, 6, 7, 8}

// Only Pongs with the payload of a Ping answer it, and only once.
func TestAnswer(t *testing.T) {
	foreign := Mark{8, 7, 6, 5, 4, 3, 2, 1}
	for _, test := range []struct {
		name    string
		empty   bool
		payload []byte
		own     bool
		sent    int64
	}{
		{"the last Ping's", false, testMark.Payload(70), true, 70},
		{"an earlier Ping's", false, testMark.Payload(60), true, 0},
		{"a mark of somebody else", false, foreign.Payload(70), false, 0},
		{"the mark alone", false, testMark[:], false, 0},
		{"the program's own", false, []byte("abc"), false, 0},
		{"the program's own of the same length", false, make([]byte, payloadSize), false, 0},
		{"none, to a Ping with a payload", false, nil, false, 0},
		{"none, to a Ping without", true, nil, true, 70},
		{"the program's own, to a Ping without", true, []byte("abc"), false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var p Peer
			p.Begin(1, 70, test.empty, new(Observation))
			if own, sent := p.Answer(&testMark, test.payload); own != test.own || sent != test.sent {
				t.Errorf("own %v, sent %d, want %v and %d", own, sent, test.own, test.sent)
			}
			if _, sent := p.Answer(&testMark, test.payload); sent != 0 {
				t.Error("it is the first answer a second time")
			}
		})
	}
}

// Without a Ping, only a Pong with the mark is the heartbeat's.
func TestAnswerWithoutPing(t *testing.T) {
	var p Peer
	for i := range 2 {
		if own, _ := p.Answer(&testMark, nil); own {
			t.Error("an empty Pong is taken for an answer")
		}
		if own, sent := p.Answer(&testMark, testMark.Payload(0)); !own || sent != 0 {
			t.Errorf("a Pong with the mark: own %v, sent %d", own, sent)
		}
		if g := p.last.Load(); i > 0 && g == nil {
			t.Error("the backlog is forgotten")
		}
		p.noteBacklog(nil, 1, &Observation{Queued: 1}) // which is no Ping
		if p.Queued() != nil {
			t.Error("a Ping is queued")
		}
	}
}

// Two Pings with empty payloads are outstanding, whose Pongs come together or not
// at all.
func TestAnswerToEmptyPings(t *testing.T) {
	for _, test := range []struct {
		name    string
		arrived uint32 // when bytes last arrived before the second Ping
		own     []int64
	}{
		{"nothing has arrived", 5, []int64{0, 20}},
		{"bytes have arrived without a Pong", 15, []int64{20}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var p Peer
			first, _ := p.Begin(10, 10, true, new(Observation))
			first.Written(10, Delivery{})
			p.Begin(20, 20, true, &Observation{Arrived: test.arrived})
			for i, want := range test.own {
				if own, sent := p.Answer(&testMark, nil); !own || sent != want {
					t.Errorf("Pong %d: own %v, sent %d, want %d", i, own, sent, want)
				}
			}
			if own, _ := p.Answer(&testMark, nil); own {
				t.Error("one Pong more is taken for an answer")
			}
		})
	}
}

// A Ping that could not be queued leaves the one before, whose Pong may come.
func TestCancel(t *testing.T) {
	var p Peer
	first, before := p.Begin(10, 10, false, new(Observation))
	if before != nil || p.Queued() != first {
		t.Fatal("the first Ping is not queued")
	}
	if !first.Written(10, Delivery{}) || first.Written(11, Delivery{}) || p.Queued() != nil {
		t.Error("it was written, and not once")
	}
	p.Cancel(p.Begin(20, 20, false, new(Observation)))
	if own, sent := p.Answer(&testMark, testMark.Payload(10)); !own || sent != 10 {
		t.Errorf("the first Ping's Pong: own %v, sent %d", own, sent)
	}
}
