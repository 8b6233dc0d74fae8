package ws_test

import (
	"fmt"
	"strings"
)

// chops are those of cases that come in three: all in one write, a frame a write, and a
// byte a write.
var chops = []int{0, eachFrame, 1}

// fragmentRows are the cases 5, and 10.1.1.
func fragmentRows() (rows []wireRow) {
	for i, first := range []byte{opPing, opPong} {
		step := sends(openFragment(first, "fragment 1"), lastFragment("fragment 2"))
		rows = append(rows, wireRow{fmt.Sprint("5.", i+1), ruleControl, steps(step), failsFragmented})
	}
	two := []wireFrame{openFragment(opText, "fragment 1"), lastFragment("fragment 2")}
	whole := textFrame("fragment 1fragment 2")
	between := []wireFrame{two[0], pingFrame("ping"), two[1]}
	for i, chop := range chops {
		echoed := sends(two...).inChops(chop).wants(whole)
		answered := sends(between...).inChops(chop).wants(pongFrame("ping"), whole)
		rows = append(rows,
			wireRow{fmt.Sprint("5.", 3+i), ruleFragments, steps(echoed), closes(1000)},
			wireRow{fmt.Sprint("5.", 6+i), ruleBetween, steps(answered), closes(1000)})
	}
	rows = append(rows, continuationRows()...)
	rows = append(rows, pauseRow("5.19", 0), pauseRow("5.20", eachFrame))
	long := strings.Repeat("*", 65536)
	step := sends(inFragments(opText, long, 1300)...).wants(textFrame(long))
	return append(rows, wireRow{"10.1.1", ruleFragments, steps(step), closes(1000)})
}

// continuationRows are the cases of fragments out of place.
func continuationRows() (rows []wireRow) {
	hello := textFrame(helloWorld)
	for i, chop := range chops {
		ended := sends(lastFragment("of nothing"), hello).inChops(chop)
		open := sends(openFragment(opContinuation, "of nothing"), hello).inChops(chop)
		rows = append(rows,
			wireRow{fmt.Sprint("5.", 9+i), ruleContinuation, steps(ended), failsContinuation},
			wireRow{fmt.Sprint("5.", 12+i), ruleContinuation, steps(open), failsContinuation})
	}
	after := sends(openFragment(opText, "fragment 1"), lastFragment("fragment 2"),
		openFragment(opContinuation, "fragment 3"), textFrame("fragment 4")).wants(textFrame("fragment 1fragment 2"))
	rows = append(rows, wireRow{"5.15", ruleContinuation, steps(after), failsContinuation})
	for i, first := range []byte{0, fin} {
		three := []wireFrame{{first: first | opContinuation, payload: "fragment 1"}, openFragment(opText, "fragment 2"), lastFragment("fragment 3")}
		step := sends(append(three, three...)...)
		rows = append(rows, wireRow{fmt.Sprint("5.", 16+i), ruleContinuation, steps(step), failsContinuation})
	}
	nested := sends(openFragment(opText, "fragment 1"), textFrame("fragment 2"))
	return append(rows, wireRow{"5.18", ruleNested, steps(nested), failsNested})
}

// pauseRow is a message with a Ping inside, a pause, and another Ping before its end. The
// first is answered before the pause ends.
func pauseRow(id string, chop int) wireRow {
	return wireRow{id, ruleBetween, steps(
		sends(openFragment(opText, "fragment 1"), openFragment(opContinuation, "fragment 2"), pingFrame("ping 1")).inChops(chop).
			wants(pongFrame("ping 1")),
		sends(openFragment(opContinuation, "fragment 3"), openFragment(opContinuation, "fragment 4"), pingFrame("ping 2"), lastFragment("fragment 5")).
			inChops(chop).wants(pongFrame("ping 2"), textFrame("fragment 1fragment 2fragment 3fragment 4fragment 5")),
	), closes(1000)}
}
