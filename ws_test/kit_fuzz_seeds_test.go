package ws_test

import "slices"

// fuzzSeed is an input of FuzzSession.
type fuzzSeed struct{ options, script []byte }

// The options of seeds, by their positions.
const (
	optionFlags = iota
	optionAgreement
	optionReader
	optionMaxFrame
	optionMaxMessage
	optionRead
	optionSpace
	optionEarly
	optionEnding
	optionBuffer
	optionTimes
	fuzzOptionBytes
)

// seed is a script with the given options, as pairs of a position and a value.
func seed(steps [][]byte, options ...int) fuzzSeed {
	s := fuzzSeed{make([]byte, fuzzOptionBytes), slices.Concat(steps...)}
	for i := 0; i < len(options); i += 2 {
		s.options[options[i]] = byte(options[i+1])
	}
	return s
}

// peerSends is a step in which the peer sends a message. how is that of fuzzPeer.message.
func peerSends(how byte, payload string) []byte { return sized([]byte{stepPeer, 2, how}, payload) }

func peerPings(payload string) []byte { return sized([]byte{stepPeer, 1, 2}, payload) }

func peerWrites(b []byte) (steps []byte) {
	for part := range slices.Chunk(b, fuzzText-1) {
		steps = append(steps, sized([]byte{stepRaw}, string(part))...)
	}
	return steps
}

// programSends is a step in which the program sends a message, with a context that does not
// end, as the last byte says. how is that of fuzzRun.sendStep.
func programSends(how byte, payload string) []byte {
	return append(sized([]byte{stepSend, how}, payload), 0)
}

func programFragments(how byte, payload string) []byte {
	return append(sized([]byte{stepFragment, how}, payload), 0)
}

// sized appends a payload and its length.
func sized(step []byte, payload string) []byte {
	return append(append(step, byte(len(payload))), payload...)
}

// withLong appends a payload of which the input has only an index of its length, and a
// context.
func withLong(index byte, step ...byte) []byte { return append(step, index, 0) }

// fuzzSeeds are conversations with every kind of step, on both sides.
func fuzzSeeds() (seeds []fuzzSeed) {
	for i, steps := range fuzzScripts() {
		for a := range fuzzAgreements {
			for on := range 2 {
				seeds = append(seeds, seed(steps, optionFlags, on+2*(a%2), optionAgreement, a, optionReader, (i+a)%int(fuzzReaders),
					optionMaxMessage, 5*(a%2), optionEnding, (i+a+on)%int(fuzzEndings), optionBuffer, a*on, optionTimes, 0x55*(a/3)))
			}
		}
	}
	for i, v := range violations() {
		steps := [][]byte{peerWrites(append(masked(fin|opText, []byte("good")), v.bytes...))}
		seeds = append(seeds, seed(steps, optionFlags, i%2, optionReader, i%7, optionMaxMessage, i%3*5))
	}
	for i, row := range append(wireRows(), deflateBlockRows()...) {
		if i%20 == 0 {
			seeds = append(seeds, seed([][]byte{row.peerSteps()}, optionFlags, i/20%2, optionReader, 1+i/20%5, optionAgreement, 1+i%2*2))
		}
	}
	return seeds
}

// peerSteps has the peer send the frames of a row, but for long ones.
func (r wireRow) peerSteps() (steps []byte) {
	p := &wirePeer{on: serverSide}
	for _, step := range r.script.steps {
		for _, f := range step.frames {
			if b := p.appendFrame(nil, f); len(b) < 500 {
				steps = append(steps, peerWrites(b)...)
			}
		}
	}
	return steps
}

// fuzzScripts are scripts that lead far into a session.
func fuzzScripts() [][][]byte {
	receives := []byte{stepReceive, 0, 0}
	opens := [][]byte{programFragments(0, "frag"), programSends(0, "waits"), programFragments(2, "ment"), programFragments(3, "")}
	stalls, takes := []byte{stepTakes, 3}, []byte{stepTakes, 0}
	closes := []byte{stepClose, 1, 3, 'b', 'y', 'e'}
	return [][][]byte{
		{peerSends(1, "text"), receives, peerSends(0x23, "a message in fragments, compressed"), peerPings("ping"), receives, receives, receives},
		{programSends(0, "text"), programSends(1, "binary"), programSends(2, "ping"), programSends(7, "pong"), programSends(8, "tried"), programSends(12, "prepared"), programSends(14, "prepared")},
		{withLong(fuzzText+5, stepSend, 0), withLong(fuzzText+5, stepSend, 1), withLong(fuzzText+6, stepSend, 12), withLong(fuzzText+5, stepSend, 0)},
		{{stepPeer, 2, 1, fuzzText + 6}, {stepPeer, 2, 0x21, fuzzText + 6}, {stepPeer, 2, 3, fuzzText + 6}, {stepPeer, 2, 0x42, fuzzText + 10}, receives, receives, peerSends(2, "again")},
		opens,
		{opens[0], opens[1], {stepCancel, 2, 1}, opens[3], {stepTime, 0}},
		{withLong(fuzzNoise+14, stepSend, 1), stalls, withLong(fuzzNoise+14, stepSend, 1), {stepSend, 1, 3, 'e', 'n', 'd', 0x80}, {stepCancel, 2, 0}, takes, {stepTime, 0}},
		{stalls, programSends(0, "stalls"), {stepTime, 5}, closes, {stepTime, 3}},
		{{stepWriter, 0, 0, 3, 'a', 'b', 'c'}, {stepWriter, 0, fuzzText + 14}, {stepWriter, 3, 0, fuzzNoise + 14}, {stepWriter, 0x20}, {stepWriter, 0x23}},
		{{stepReceive, 4, 0x80}, peerSends(0, "one"), {stepReceive, 7 + 8, 0}, {stepReceive, 5, 0}, peerSends(0, "two"), closes, peerSends(0, "three"), {stepReceive, 5 + 8, 0}},
		{{stepReceive, 6, 0}, {stepReceive, 5, 0}, peerSends(0x10, "by Chan"), peerSends(0, "2"), peerSends(4, "3"), {stepReceive, 13, 0}},
		{closes, peerSends(0, "late"), {stepPeer, 2, 0, fuzzNoise + 15}, peerPings("late"), receives, {stepPeer, 1, 1, 0, 0}},
		{{stepPeer, 1, 1, 3, 'b', 'y', 'e', 4}, programSends(0, "after their Close"), receives, programSends(0, "once more"), {stepClose, 5, 0}},
		{{stepAsk}, {stepCancel, 0, 1}, {stepTime, 4}, {stepTime, 5}, {stepAsk}, programSends(0, "alive")},
		{{stepReceive, 0, 0x80}, {stepCancel, 2, 1}, peerWrites(masked(opText, []byte("half a mess"))), {stepReceive, 0, 0x80}, {stepCancel, 2, 1}, peerWrites(masked(fin|opContinuation, []byte("age"))), receives},
		{programSends(0, "x"), {stepShutdown, 1}, {stepCancel, 0, 0}, receives},
		{{stepPeerEnds, 1}, programSends(0, "to a deaf peer"), peerSends(1, "which talks"), receives, {stepTime, 0}},
		{{stepPeerEnds, 2}, programSends(0, "behind a half-close"), receives},
		{{stepReceive, 7, 0}, peerSends(0, "dropped"), peerPings("dropped"), {stepPeerEnds, 0}},
		{{withNext + stepPeer, 2, 1, 1, 'a'}, {withNext + stepSend, 0, 1, 'b', 0}, {withNext + stepReceive, 0, 0}, {withNext + stepClose, 0, 0}, {withNext + stepSend, 1, 1, 'c', 0}, {stepReceive, 3, 0}},
	}
}
