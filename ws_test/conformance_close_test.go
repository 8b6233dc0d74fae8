package ws_test

import (
	"fmt"
	"strings"

	"github.com/handset-go/handset/ws"
)

// closeRows are the cases 7.
func closeRows() []wireRow {
	rows := afterCloseRows()
	close := func(id string, rule *requirement, payload string, end wireEnd) {
		step := sends(wireFrame{first: fin | opClose, payload: payload})
		rows = append(rows, wireRow{id, rule, steps(step), end})
	}
	code := func(code uint16, reason string) string { return string(closePayload(code, reason)) }
	close("7.3.1", ruleClose, "", closed(0))
	close("7.3.2", ruleClosePayload, "a", failsClosePayload)
	close("7.3.3", ruleClose, code(1000, ""), closed(1000))
	close("7.3.4", ruleClose, code(1000, helloWorld), closed(1000))
	close("7.3.5", ruleClose, code(1000, strings.Repeat("*", 123)), closed(1000))
	close("7.3.6", ruleControl, code(1000, strings.Repeat("*", 124)), failsLongControl)
	close("7.5.1", ruleCloseReason, code(1000, greek+longForm(0xD800, 3)+edited), failsCloseReason)
	for i, valid := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		close(fmt.Sprint("7.7.", 1+i), ruleOfCode(valid), code(valid, ""), closed(ws.CloseCode(valid)))
	}
	for i, invalid := range []uint16{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		close(fmt.Sprint("7.9.", 1+i), ruleOfCode(invalid), code(invalid, ""), failsCloseCode)
	}
	for i, undefined := range []uint16{5000, 65535} { // for which Autobahn|Testsuite expects nothing
		close(fmt.Sprint("7.13.", 1+i), ruleCloseCode, code(undefined, ""), failsCloseCode)
	}
	return rows
}

// afterCloseRows are the cases 7.1.
func afterCloseRows() []wireRow {
	hello, closing := textFrame(helloWorld), closingFrame(1000, "")
	long := textFrame(strings.Repeat("BAsd7&jh23", 256<<10/10+1)[:256<<10])
	return []wireRow{
		{"7.1.1", ruleServerEnds, steps(sends(hello).wants(hello)), closes(1000)},
		{"7.1.2", ruleAfterClose, steps(sends(closing, wireFrame{first: fin | opClose})), closed(1000)},
		{"7.1.3", ruleAfterClose, steps(sends(closing, pingFrame(""))), closed(1000)},
		{"7.1.4", ruleAfterClose, steps(sends(closing, hello)), closed(1000)},
		{"7.1.5", ruleAfterClose, steps(sends(openFragment(opText, "fragment 1"), closing, lastFragment("fragment 2"))), closed(1000)},
		{"7.1.6", ruleAfterClose, steps(sends(long, hello, closing, pingFrame("")).wants(long, hello)), closed(1000)},
	}
}
