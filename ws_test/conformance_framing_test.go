package ws_test

import (
	"fmt"
	"strings"
)

const (
	helloWorld = "Hello, world!"
	notUTF8    = "\x00\xff\xfe\xfd\xfc\xfb\x00\xff"
)

// How sessions fail the connection.
var (
	failsReserved     = fails(1002, "reserved bit set without an extension")
	failsOpcode       = fails(1002, "reserved opcode")
	failsLongControl  = fails(1002, "control frame is longer than 125 bytes")
	failsFragmented   = fails(1002, "control frame is fragmented")
	failsContinuation = fails(1002, "continuation frame without a message to continue")
	failsNested       = fails(1002, "new message before the last one was finished")
	failsClosePayload = fails(1002, "close payload of one byte")
	failsCloseCode    = fails(1002, "close code that may not be sent")
	failsCloseReason  = fails(1007, "close reason is not UTF-8")
	failsText         = fails(1007, "text is not UTF-8")
)

func framingRows() (rows []wireRow) {
	rows = append(rows, lengthRows()...)
	rows = append(rows, pingRows()...)
	rows = append(rows, reservedRows()...)
	return append(rows, opcodeRows()...)
}

// lengthRows are the cases 1: lengths around those where the header changes.
func lengthRows() (rows []wireRow) {
	for kind, frame := range map[int]func(string) wireFrame{1: textFrame, 2: binaryFrame} {
		char := []string{"*", "\xfe"}[kind-1]
		for i, n := range []int{0, 125, 126, 127, 128, 65535, 65536, 65536} {
			message := frame(strings.Repeat(char, n))
			step := sends(message).wants(message)
			if i == 7 {
				step = step.inChops(997)
			}
			rows = append(rows, wireRow{fmt.Sprintf("1.%d.%d", kind, i+1), ruleLength, steps(step), closes(1000)})
		}
	}
	return rows
}

// pingRows are the cases 2.
func pingRows() []wireRow {
	longest := strings.Repeat("\xfe", 125)
	var pings, pongs []wireFrame
	for i := range 10 {
		pings = append(pings, pingFrame(fmt.Sprint("ping ", i)))
		pongs = append(pongs, pongFrame(fmt.Sprint("ping ", i)))
	}
	return []wireRow{
		{"2.1", rulePing, steps(sends(pingFrame("")).wants(pongFrame(""))), closes(1000)},
		{"2.2", rulePingData, steps(sends(pingFrame(helloWorld)).wants(pongFrame(helloWorld))), closes(1000)},
		{"2.3", rulePingData, steps(sends(pingFrame(notUTF8)).wants(pongFrame(notUTF8))), closes(1000)},
		{"2.4", rulePingData, steps(sends(pingFrame(longest)).wants(pongFrame(longest))), closes(1000)},
		{"2.5", ruleControl, steps(sends(pingFrame(longest + "\xfe"))), failsLongControl},
		{"2.6", rulePingData, steps(sends(pingFrame(longest)).inChops(1).wants(pongFrame(longest))), closes(1000)},
		{"2.7", ruleLonePong, steps(sends(pongFrame(""))), closes(1000)},
		{"2.8", ruleLonePong, steps(sends(pongFrame("unsolicited"))), closes(1000)},
		{"2.9", ruleLonePong, steps(sends(pongFrame("unsolicited"), pingFrame("ping")).wants(pongFrame("ping"))), closes(1000)},
		{"2.10", rulePing, steps(sends(pings...).wants(pongs...)), closes(1000)},
		{"2.11", rulePing, steps(sends(pings...).inChops(1).wants(pongs...)), closes(1000)},
	}
}

// reservedRows are the cases 3.
func reservedRows() (rows []wireRow) {
	hello := textFrame(helloWorld)
	for bits, frame := range map[byte]wireFrame{1: hello, 5: binaryFrame(notUTF8), 6: pingFrame(helloWorld), 7: {first: fin | opClose}} {
		rows = append(rows, wireRow{fmt.Sprint("3.", bits), ruleReserved, steps(sends(reserved(bits, frame))), failsReserved})
	}
	for bits, chop := range map[byte]int{2: 0, 3: eachFrame, 4: 1} {
		step := sends(hello, reserved(bits, hello), pingFrame("")).inChops(chop).wants(hello)
		script := steps(step)
		script.plain = bits == 4 // which is what marks a compressed message
		rows = append(rows, wireRow{fmt.Sprint("3.", bits), ruleReserved, script, failsReserved})
	}
	return rows
}

// opcodeRows are the cases 4: opcodes that RFC 6455 reserves.
func opcodeRows() (rows []wireRow) {
	for group, first := range map[int]byte{1: 0x3, 2: 0xB} {
		for i := range byte(5) {
			unknown := wireFrame{first: fin | first + i}
			if i == 1 || i > 2 {
				unknown.payload = "reserved"
			}
			step := sends(unknown)
			if i >= 2 {
				step = sends(textFrame(helloWorld), unknown, pingFrame("")).wants(textFrame(helloWorld))
			}
			if i == 4 {
				step = step.inChops(1)
			}
			rows = append(rows, wireRow{fmt.Sprintf("4.%d.%d", group, i+1), ruleOpcode, steps(step), failsOpcode})
		}
	}
	return rows
}
