package ws_test

import (
	"fmt"
	"strings"
	"sync"
)

// longPayloads are what messages of the limits are prefixes of: text, and bytes that are
// not UTF-8.
var longPayloads = sync.OnceValue(func() [2]string {
	return [2]string{strings.Repeat("BAsd7&jh23", 16*mebibyte/10+1), strings.Repeat("\x00\xfe\x23\xfa\xf0", 16*mebibyte/5+1)}
})

// limitRows are the cases 9. Under the race detector, messages are an eighth as long, and
// of many there are fewer.
func limitRows() (rows []wireRow) {
	const kib = 1 << 10
	size, count := 1, 100
	if raceDetector {
		size, count = 8, 20
	}
	for i, payload := range longPayloads() {
		frame := []func(string) wireFrame{textFrame, binaryFrame}[i]
		row := func(group, n int, rule *requirement, s ...wireStep) {
			rows = append(rows, wireRow{fmt.Sprintf("9.%d.%d", group+i, 1+n), rule, steps(s...).inOneRun(), closes(1000)})
		}
		for n, length := range []int{64 * kib, 256 * kib, mebibyte, 4 * mebibyte, 8 * mebibyte, 16 * mebibyte} {
			message := frame(payload[:length/size])
			row(1, n, ruleLong, sends(message).wants(message))
		}
		for n, length := range []int{64, 256, kib, 4 * kib, 16 * kib, 64 * kib, 256 * kib, mebibyte, 4 * mebibyte} {
			message := frame(payload[:4*mebibyte/size])
			row(3, n, ruleManyParts, sends(inFragments(message.first&^fin, message.payload, length)...).wants(message))
		}
		for n, chop := range []int{64, 128, 256, 512, 1024, 2048} {
			message := frame(payload[:mebibyte/size])
			row(5, n, ruleStream, sends(message).inChops(chop).wants(message))
		}
		for n, length := range []int{0, 16, 64, 256, 1024, 4096} {
			message := frame(payload[:length])
			var s []wireStep
			for range count {
				s = append(s, sends(message).wants(message))
			}
			row(7, n, ruleManyTimes, s...)
		}
	}
	return rows
}
