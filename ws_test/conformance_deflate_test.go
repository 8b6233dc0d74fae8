package ws_test

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"strings"
)

// failsDeflate is how a session fails if a message cannot be decompressed.
var failsDeflate = fails(1007, "compressed message is not valid deflate data")

// deflateFrameRows are frames on a connection that has agreed on compression. Their
// payloads are compressed by hand.
func deflateFrameRows() (rows []wireRow) {
	rows = append(rows, deflateExampleRows()...)
	rows = append(rows, deflateBitRows()...)
	rows = append(rows, deflateBlockRows()...)
	return append(rows, deflateTakeoverRows()...)
}

// deflatedRow has a message in one frame that comes back as want, if the end does not
// say otherwise.
func deflatedRow(id string, rule *requirement, op byte, payload, want string, end wireEnd) wireRow {
	step := sends(deflatedFrame(fin|op, payload))
	if !end.violation {
		step = step.wants(wireFrame{first: fin | op, payload: want})
	}
	return wireRow{"deflate: " + id, rule, steps(step).after(wireAlone), end}
}

// deflateExamples are those of RFC 7692 §7.2.3, and others of the same message.
var deflateExamples = []struct{ name, payload string }{
	{"a block of fixed codes", compressedHello},
	{"a stored block", "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"},
	{"a final block", "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"},
	{"two blocks", "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"},
	{"the end of a sync flush", "\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff\x00"},
	{"two stored blocks", "\x00\x02\x00\xfd\xffHe\x00\x03\x00\xfc\xffllo\x00"},
	{"empty stored blocks around it", "\x00\x00\x00\xff\xff\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff\x00"},
}

// deflateExampleRows have the examples in one frame, and in two frames that meet at
// every byte, and with a Ping between them.
func deflateExampleRows() (rows []wireRow) {
	for _, example := range deflateExamples {
		rows = append(rows, deflatedRow(example.name, ruleDeflateExamples, opText, example.payload, "Hello", closes(1000)))
		for at := 0; at <= len(example.payload); at++ {
			frames := []wireFrame{deflatedFrame(opText, example.payload[:at]), pingFrame("p"), lastFragment(example.payload[at:])}
			step := sends(frames...).wants(pongFrame("p"), textFrame("Hello"))
			id := fmt.Sprintf("deflate: %s split after %d bytes", example.name, at)
			rows = append(rows, wireRow{id, ruleDeflateFragments, steps(step).after(wireAlone), closes(1000)})
		}
	}
	for name, payload := range map[string]string{"one byte 0": "\x00", "an empty block of fixed codes": "\x02\x00", "an empty final block": "\x03\x00\x00"} {
		for _, op := range []byte{opText, opBinary} {
			rows = append(rows, deflatedRow(fmt.Sprintf("an empty message of opcode %d, %s", op, name), ruleDeflateEmpty, op, payload, "", closes(1000)))
		}
	}
	return rows
}

// deflateBitRows have RSV1 where it may be, and where it may not.
func deflateBitRows() (rows []wireRow) {
	row := func(name string, rule *requirement, end wireEnd, all ...wireStep) {
		rows = append(rows, wireRow{"deflate: " + name, rule, steps(all...).after(wireAlone), end})
	}
	row("a message that is not compressed", ruleDeflateBit, closes(1000), sends(textFrame("Hello")).wants(textFrame("Hello")))
	row("messages, compressed or not in turn", ruleDeflateBit, closes(1000),
		sends(deflatedFrame(fin|opText, compressedHello)).wants(textFrame("Hello")), sends(textFrame("Hello")).wants(textFrame("Hello")),
		sends(deflatedFrame(fin|opBinary, compressedHello)).wants(binaryFrame("Hello")), sends(binaryFrame("")).wants(binaryFrame("")))
	row("fragments that are not compressed", ruleDeflateBit, closes(1000),
		sends(openFragment(opText, "Hel"), lastFragment("lo")).wants(textFrame("Hello")))
	for _, frame := range []wireFrame{pingFrame(""), pongFrame(""), closingFrame(1000, ""), pingFrame(compressedHello)} {
		name := fmt.Sprintf("RSV1 on opcode %#x of %d bytes", frame.first&0x0F, len(frame.payload))
		row(name, ruleDeflateFirst, failsReserved, sends(reserved(4, frame)))
		row(name+" inside a message", ruleDeflateFirst, failsReserved, sends(deflatedFrame(opText, compressedHello[:3]), reserved(4, frame)))
	}
	for _, compressed := range []byte{0, 4} {
		begins := reserved(compressed, openFragment(opBinary, compressedHello[:3]))
		name := fmt.Sprintf("after RSV %03b", compressed)
		row("RSV1 on a continuation "+name, ruleDeflateFirst, failsReserved, sends(begins, deflatedFrame(opContinuation, "")))
		row("RSV1 on the last fragment "+name, ruleDeflateFirst, failsReserved, sends(begins, deflatedFrame(fin|opContinuation, compressedHello[3:])))
	}
	for bits := byte(1); bits <= 7; bits++ {
		if bits != 4 {
			row(fmt.Sprintf("RSV %03b", bits), ruleReserved, failsReserved, sends(reserved(bits, textFrame(compressedHello))))
		}
	}
	for _, op := range []byte{0x3, 0x7} {
		row(fmt.Sprintf("RSV1 on opcode %#x", op), ruleReserved, failsReserved, sends(deflatedFrame(fin|op, compressedHello)))
	}
	return rows
}

// deflateBlockRows have data that is no DEFLATE data, or not text, and every kind of block.
func deflateBlockRows() (rows []wireRow) {
	for name, payload := range map[string]string{
		"a reserved type of block":               "\x06\x00",
		"a final block of a reserved type":       "\x07\x00",
		"a stored block with another complement": "\x00\x05\x00\xfa\xfeHello\x00",
		"a distance before the beginning":        "\xf2\x00\x11\x00\x00",
		"the end inside a block":                 compressedHello[:4],
		"the end inside a stored block":          "\x00\x50\x00\xaf\xffHello",
		"the end inside a header":                "\x00\x05",
		"garbage behind a final block":           "\xf3\x48\xcd\xc9\xc9\x07\x00\xff\xff",
		"too many codes of a dynamic block":      "\xfc\xff\xff\xff",
		"no codes in a dynamic block":            "\x04\x00\x00\x00\x00\x00",
		"text":                                   "Hello, this is not compressed",
	} {
		rows = append(rows, deflatedRow(name, ruleDeflateData, opText, payload, "", failsDeflate),
			deflatedRow(name+", binary", ruleDeflateData, opBinary, payload, "", failsDeflate))
	}
	for level := flate.HuffmanOnly; level <= 9; level++ {
		text := strings.Repeat("Hello, world! ", 1<<(level+2)) + "é"
		payload := strings.TrimSuffix(flushed(level, text), deflateTail)
		rows = append(rows, deflatedRow(fmt.Sprintf("level %d", level), ruleDeflateTail, opText, payload, text, closes(1000)))
		final := withFinalBlock(level, text) + "\x00"
		rows = append(rows, deflatedRow(fmt.Sprintf("level %d, with a final block", level), ruleDeflatePadding, opText, final, text, closes(1000)))
	}
	for i, group := range utf8Groups() {
		for k, sequence := range group.sequences {
			if k > 2 {
				break
			}
			payload := strings.TrimSuffix(flushed(1, sequence.bytes), deflateTail)
			end := closes(1000)
			if !sequence.valid {
				end = failsText
			}
			id := fmt.Sprintf("6.%d.%d compressed", 5+i, 1+k)
			rows = append(rows, deflatedRow(id, ruleUTF8, opText, payload, sequence.bytes, end),
				deflatedRow(id+" as binary", ruleDeflateData, opBinary, payload, sequence.bytes, closes(1000)))
		}
	}
	return rows
}

// flushed is text that is compressed up to a sync flush.
func flushed(level int, text string) string {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, level)
	_, _ = io.WriteString(w, text)
	_ = w.Flush()
	return out.String()
}

// withFinalBlock is text that is compressed up to a final block.
func withFinalBlock(level int, text string) string {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, level)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return out.String()
}

// deflateTakeoverRows have messages that refer to the one before.
func deflateTakeoverRows() (rows []wireRow) {
	const again = "\xf2\x00\x11\x00\x00" // "Hello" once more
	hello := sends(deflatedFrame(fin|opText, compressedHello)).wants(textFrame("Hello"))
	second := sends(deflatedFrame(fin|opText, again))
	row := func(name string, rule *requirement, agreed *wireAgreement, end wireEnd, all ...wireStep) {
		rows = append(rows, wireRow{"deflate: " + name, rule, steps(all...).after(agreed), end})
	}
	row("a message that refers to the one before", ruleDeflateTakeover, wireTakeover, closes(1000), hello, second.wants(textFrame("Hello")), second.wants(textFrame("Hello")))
	row("a reference across a message that is not compressed", ruleDeflateTakeover, wireTakeover, closes(1000),
		hello, sends(textFrame("not compressed")).wants(textFrame("not compressed")), second.wants(textFrame("Hello")))
	row("a reference across an empty message", ruleDeflateTakeover, wireTakeover, closes(1000),
		hello, sends(deflatedFrame(fin|opText, "\x00")).wants(textFrame("")), second.wants(textFrame("Hello")))
	row("a reference to a message with a final block", ruleDeflateTakeover, wireTakeover, closes(1000),
		sends(deflatedFrame(fin|opText, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00")).wants(textFrame("Hello")), second.wants(textFrame("Hello")))
	row("a reference before the first message", ruleDeflateTakeover, wireTakeover, failsDeflate, second)
	row("a reference without context takeover", ruleDeflateClientOwn, wireAlone, failsDeflate, hello, second)
	return rows
}
