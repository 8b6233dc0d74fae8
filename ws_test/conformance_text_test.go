package ws_test

import (
	"fmt"
)

const (
	greek  = "κ\u1F79σμε" // of 2, 3, 2, 2 and 2 bytes
	edited = "edited"
)

// textRows are the cases 6.
func textRows() (rows []wireRow) {
	const umlauts, more = "Hello-µ@ßöä", "üàá-UTF-8!!"
	valid := func(id, text string, frames ...wireFrame) {
		rows = append(rows, wireRow{id, ruleText, steps(sends(frames...).wants(textFrame(text))), closes(1000)})
	}
	valid("6.1.1", "", textFrame(""))
	valid("6.1.2", "", openFragment(opText, ""), openFragment(opContinuation, ""), lastFragment(""))
	valid("6.1.3", "middle", openFragment(opText, ""), openFragment(opContinuation, "middle"), lastFragment(""))
	valid("6.2.1", umlauts+more, textFrame(umlauts+more))
	valid("6.2.2", umlauts+more, openFragment(opText, umlauts), lastFragment(more))
	valid("6.2.3", umlauts+more, inFragments(opText, umlauts+more, 1)...)
	valid("6.2.4", greek, inFragments(opText, greek, 1)...)
	surrogate := greek + longForm(0xD800, 3) + edited
	invalid := func(id string, frames ...wireFrame) {
		rows = append(rows, wireRow{id, ruleUTF8, steps(sends(frames...)), failsText})
	}
	invalid("6.3.1", textFrame(surrogate))
	invalid("6.3.2", inFragments(opText, surrogate, 1)...)
	rows = append(rows, failFastRows()...)
	return append(rows, sequenceRows()...)
}

// failFastRows are the cases 6.4: a text that is open, then a part that makes it invalid.
// The rest is never sent.
func failFastRows() (rows []wireRow) {
	text := greek + longForm(0x110000, 4) + edited
	whole, byte12, byte13 := len(greek), len(greek)+1, len(greek)+2
	for i, cut := range []struct{ valid, invalid int }{{whole, whole + 4}, {byte12, byte13}} {
		first, second := text[:cut.valid], text[cut.valid:cut.invalid]
		inFrames := steps(sends(openFragment(opText, first)), sends(openFragment(opContinuation, second)))
		beginning := wireFrame{first: fin | opText, payload: first, rest: len(text) - len(first)}
		inParts := steps(sends(beginning), sends(wireFrame{payload: second, goesOn: true}))
		rows = append(rows,
			wireRow{fmt.Sprint("6.4.", 1+i), ruleFailFast, inFrames, failsText},
			wireRow{fmt.Sprint("6.4.", 3+i), ruleFailFast, inParts, failsText})
	}
	return rows
}

// sequenceRows are the cases 6.5 to 6.23, each a message of one frame.
func sequenceRows() (rows []wireRow) {
	for i, group := range utf8Groups() {
		for k, sequence := range group.sequences {
			row := wireRow{fmt.Sprintf("6.%d.%d", 5+i, 1+k), ruleUTF8, steps(sends(textFrame(sequence.bytes))), failsText}
			if sequence.valid {
				row.script.steps[0].want, row.end = []wireFrame{textFrame(sequence.bytes)}, closes(1000)
			}
			rows = append(rows, row)
		}
	}
	return rows
}
