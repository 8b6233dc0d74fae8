package ws_test

import (
	"fmt"
	"strings"
)

// How sessions fail the connection because of a header.
var (
	failsUnmasked = fails(1002, "frame from a client is not masked")
	failsMasked   = fails(1002, "frame from a server is masked")
	failsLength   = fails(1002, "payload length is not in its shortest form")
	failsTopBit   = fails(1002, "payload length has its top bit set")
)

// headerRows are frames whose header is wrong, or only just right. Every bit and every
// opcode is there, alone and with the others.
func headerRows() (rows []wireRow) {
	rows = append(rows, reservedBitRows()...)
	rows = append(rows, reservedOpcodeRows()...)
	rows = append(rows, longFormRows()...)
	rows = append(rows, maskRows()...)
	return append(rows, controlRows()...)
}

// frameKinds are frames of every known opcode.
var frameKinds = []struct {
	name  string
	frame wireFrame
}{
	{"text", textFrame("a")}, {"binary", binaryFrame("a")}, {"first fragment", openFragment(opText, "a")}, {"close", closingFrame(1000, "")},
	{"ping", pingFrame("a")}, {"pong", pongFrame("a")}, {"empty text", textFrame("")}, {"empty ping", pingFrame("")},
}

// reservedBitRows have every combination of reserved bits on every kind of frame, also
// in the middle of a message.
func reservedBitRows() (rows []wireRow) {
	for bits := byte(1); bits <= 7; bits++ {
		for _, kind := range frameKinds {
			script := steps(sends(reserved(bits, kind.frame)))
			op := kind.frame.first & 0x0F
			script.plain = bits == 4 && op < opClose // which is what marks a compressed message
			rows = append(rows, wireRow{fmt.Sprintf("RSV %03b on %s", bits, kind.name), ruleReserved, script, failsReserved})
		}
		begun := openFragment(opText, "a")
		for i, frame := range []wireFrame{openFragment(opContinuation, "b"), lastFragment("b"), pingFrame("")} {
			name := []string{"continuation", "last fragment", "ping between fragments"}[i]
			rows = append(rows, wireRow{fmt.Sprintf("RSV %03b on %s", bits, name), ruleReserved, steps(sends(begun, reserved(bits, frame))), failsReserved})
		}
	}
	return rows
}

// reservedOpcodeRows have every reserved opcode: alone, as a fragment, and in the middle
// of a message.
func reservedOpcodeRows() (rows []wireRow) {
	for _, op := range []byte{0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF} {
		for name, frames := range map[string][]wireFrame{
			"alone":            {{first: fin | op}},
			"with a payload":   {{first: fin | op, payload: helloWorld}},
			"without FIN":      {{first: op, payload: helloWorld}},
			"inside a message": {openFragment(opText, "a"), {first: fin | op, payload: "b"}, lastFragment("c")},
		} {
			rows = append(rows, wireRow{fmt.Sprintf("opcode %#x %s", op, name), ruleOpcode, steps(sends(frames...)), failsOpcode})
		}
	}
	return rows
}

// longFormRows have lengths in a longer form than needed, and those of 64 bits.
func longFormRows() (rows []wireRow) {
	row := func(name string, rule *requirement, length string, n int, end wireEnd) {
		for _, first := range []byte{opText, opBinary} {
			f := wireFrame{first: fin | first, payload: strings.Repeat("*", n)}
			rows = append(rows, wireRow{fmt.Sprintf("%s, opcode %d", name, first), rule, steps(sends(withLength(length, f))), end})
		}
	}
	for _, n := range []int{0, 1, 124, 125} {
		row(fmt.Sprintf("length %d in 16 bits", n), ruleLength, string([]byte{126, 0, byte(n)}), n, failsLength)
	}
	for _, n := range []int{0, 1, 125, 126, 65535} {
		length := string([]byte{127, 0, 0, 0, 0, 0, 0, byte(n >> 8), byte(n)})
		row(fmt.Sprintf("length %d in 64 bits", n), ruleLength, length, n, failsLength)
	}
	for _, length := range []string{"\x80\x00\x00\x00\x00\x00\x00\x00", "\x80\x00\x00\x00\x00\x00\x00\x01", "\xff\xff\xff\xff\xff\xff\xff\xff"} {
		row(fmt.Sprintf("length %x in 64 bits", length), ruleTopBit, "\x7f"+length, 0, failsTopBit)
	}
	for n, first := range map[int]byte{126: opPing, 127: opPong, 128: opClose} {
		form := []byte{126, 0, byte(n)}
		f := wireFrame{first: fin | first, payload: strings.Repeat("*", n)}
		rows = append(rows, wireRow{fmt.Sprintf("control frame of %d bytes", n), ruleControl, steps(sends(withLength(string(form), f))), failsLongControl})
	}
	return rows
}

// maskRows have frames masked by a server, or not masked by a client.
func maskRows() (rows []wireRow) {
	for _, kind := range frameKinds {
		script := steps(sends(withWrongMask(kind.frame)))
		rows = append(rows,
			wireRow{"not masked: " + kind.name, ruleUnmasked, script.on(serverSide), failsUnmasked},
			wireRow{"masked: " + kind.name, ruleMasked, script.on(clientSide), failsMasked})
	}
	after := steps(sends(textFrame("a")).wants(textFrame("a")), sends(withWrongMask(textFrame("b"))))
	inside := steps(sends(openFragment(opText, "a"), withWrongMask(lastFragment("b"))))
	return append(rows,
		wireRow{"not masked: the second frame", ruleUnmasked, after.on(serverSide), failsUnmasked},
		wireRow{"masked: the second frame", ruleMasked, after.on(clientSide), failsMasked},
		wireRow{"not masked: the last fragment", ruleUnmasked, inside.on(serverSide), failsUnmasked},
		wireRow{"masked: the last fragment", ruleMasked, inside.on(clientSide), failsMasked})
}

// controlRows have control frames that are fragmented, and between fragments.
func controlRows() (rows []wireRow) {
	for _, first := range []byte{opClose, opPing, opPong} {
		for name, frames := range map[string][]wireFrame{
			"without FIN":                   {{first: first}},
			"without FIN, of 2 bytes":       {{first: first, payload: "\x03\xe8"}},
			"without FIN, inside a message": {openFragment(opText, "a"), {first: first}},
		} {
			rows = append(rows, wireRow{fmt.Sprintf("control opcode %#x %s", first, name), ruleControl, steps(sends(frames...)), failsFragmented})
		}
	}
	for _, n := range []int{1, 2, 5, 20} {
		var frames, pongs []wireFrame
		for i, fragment := range inFragments(opText, strings.Repeat("ab", n), 1) {
			if i > 0 {
				frames = append(frames, pingFrame(fmt.Sprint(i)), pongFrame("unsolicited"))
				pongs = append(pongs, pongFrame(fmt.Sprint(i)))
			}
			frames = append(frames, fragment)
		}
		step := sends(frames...).wants(append(pongs, textFrame(strings.Repeat("ab", n)))...)
		rows = append(rows, wireRow{fmt.Sprintf("pings between %d fragments", 2*n), ruleBetween, steps(step), closes(1000)})
	}
	return rows
}
