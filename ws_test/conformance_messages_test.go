package ws_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/handset-go/handset/ws"
)

// messageRows are the examples of RFC 6455, messages one after another, and what follows a
// violation.
func messageRows() (rows []wireRow) {
	rows = append(rows, exampleRows()...)
	rows = append(rows, afterFailRows()...)
	all := []wireFrame{textFrame("a"), binaryFrame("\xff"), textFrame(""), textFrame("é"), binaryFrame(""), textFrame("\x00")}
	rows = append(rows,
		wireRow{"messages in one write", ruleReceives, steps(sends(all...).wants(all...)), closes(1000)},
		wireRow{"messages, a frame at a time", ruleReceives, steps(sends(all...).inChops(eachFrame).wants(all...)), closes(1000)},
		wireRow{"messages, a byte at a time", ruleReceives, steps(sends(all...).inChops(1).wants(all...)), closes(1000)})
	for _, n := range []int{2, 10, 100} {
		var script []wireStep
		for range n {
			script = append(script, calls(func(s *ws.Session) error { return s.Text(context.Background(), "the same") }).wants(textFrame("the same")))
		}
		rows = append(rows, wireRow{fmt.Sprintf("%d keys", n), ruleMask, steps(script...).on(clientSide).uncompressed(), closes(1000)})
	}
	return rows
}

// exampleRows are those of RFC 6455 §5.7, whatever the masking key.
func exampleRows() (rows []wireRow) {
	row := func(name string, step wireStep) {
		rows = append(rows, wireRow{"example: " + name, ruleExamples, steps(step), closes(1000)})
	}
	row("a text", sends(textFrame("Hello")).wants(textFrame("Hello")))
	row("a fragmented text", sends(openFragment(opText, "Hel"), lastFragment("lo")).wants(textFrame("Hello")))
	row("a Ping", sends(pingFrame("Hello")).wants(pongFrame("Hello")))
	for _, n := range []int{256, 65536} {
		message := binaryFrame(strings.Repeat("\xfe", n))
		row(fmt.Sprintf("%d bytes", n), sends(message).wants(message))
	}
	return rows
}

// afterFailRows have frames behind a violation, which are not processed.
func afterFailRows() (rows []wireRow) {
	for _, violation := range []struct {
		name  string
		frame wireFrame
		end   wireEnd
	}{
		{"a reserved bit", reserved(1, textFrame("a")), failsReserved},
		{"a reserved opcode", wireFrame{first: fin | 0x3}, failsOpcode},
		{"a continuation of nothing", lastFragment("a"), failsContinuation},
		{"a long Ping", pingFrame(strings.Repeat("*", 126)), failsLongControl},
		{"text that is not UTF-8", textFrame("\xff"), failsText},
		{"a bad Close code", closingFrame(1005, ""), failsCloseCode},
	} {
		for _, next := range frameKinds {
			id := fmt.Sprintf("%s behind %s", next.name, violation.name)
			rows = append(rows, wireRow{id, ruleAfterFail, steps(sends(violation.frame, next.frame)), violation.end})
		}
	}
	return rows
}
