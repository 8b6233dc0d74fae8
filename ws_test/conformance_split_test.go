package ws_test

import (
	"fmt"
	"strings"
)

// splitRows are texts that end inside a character, and sequences of bytes in two frames
// that meet at every point of the sequence.
func splitRows() (rows []wireRow) {
	for i, group := range utf8Groups() {
		for k, sequence := range group.sequences {
			if len(sequence.bytes) > 16 {
				continue
			}
			for at := 1; at < len(sequence.bytes); at++ {
				id := fmt.Sprintf("6.%d.%d split after %d bytes", 5+i, 1+k, at)
				rows = append(rows, splitRow(id, sequence, at))
			}
		}
	}
	return append(rows, truncatedRows()...)
}

// splitRow has a sequence in two frames.
func splitRow(id string, sequence utf8Sequence, at int) wireRow {
	step := sends(openFragment(opText, sequence.bytes[:at]), lastFragment(sequence.bytes[at:]))
	if !sequence.valid {
		return wireRow{id, ruleUTF8, steps(step), failsText}
	}
	return wireRow{id, ruleText, steps(step.wants(textFrame(sequence.bytes))), closes(1000)}
}

// truncatedRows are messages that end inside a character: in one frame, in the last
// fragment, and before an empty one. As binary, they are messages.
func truncatedRows() (rows []wireRow) {
	for _, char := range []string{"é", "€", "\U0001F600", "\U0010FFFF"} {
		for n := 1; n < len(char); n++ {
			part := "text " + char[:n]
			name := fmt.Sprintf("%d of the %d bytes of %U", n, len(char), []rune(char)[0])
			row := func(how string, end wireEnd, step wireStep) {
				rows = append(rows, wireRow{name + how, ruleText, steps(step), end})
			}
			row("", failsText, sends(textFrame(part)))
			row(" in the last fragment", failsText, sends(openFragment(opText, "text "), lastFragment(char[:n])))
			row(" before an empty fragment", failsText, sends(openFragment(opText, part), lastFragment("")))
			row(" before a Ping", failsText, sends(openFragment(opText, part), pingFrame(""), lastFragment("")).wants(pongFrame("")))
			row(" before a space", failsText, sends(openFragment(opText, part), openFragment(opContinuation, " ")))
			row(" before another text", failsText, sends(textFrame(part), textFrame(char[n:])))
			row(" before the rest", closes(1000), sends(openFragment(opText, part), openFragment(opContinuation, ""), lastFragment(char[n:])).wants(textFrame("text "+char)))
			row(" in binary", closes(1000), sends(binaryFrame(part)).wants(binaryFrame(part)))
		}
	}
	long := strings.Repeat("a", 65535) + "€"
	for _, n := range []int{1, 65535, 65536, 65537} {
		step := sends(inFragments(opText, long, n)...)
		if n == 1 {
			step = sends(inFragments(opText, long[65500:], n)...).wants(textFrame(long[65500:]))
		} else {
			step = step.wants(textFrame(long))
		}
		rows = append(rows, wireRow{fmt.Sprintf("a character across the end of 64 KiB, fragments of %d", n), ruleText, steps(step), closes(1000)})
	}
	return rows
}
