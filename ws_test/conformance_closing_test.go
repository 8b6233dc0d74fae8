package ws_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/handset-go/handset/ws"
)

// closingRows are how a connection ends: with any code, by the session, and without a
// Close frame.
func closingRows() (rows []wireRow) {
	rows = append(rows, codeRows()...)
	rows = append(rows, closePayloadRows()...)
	rows = append(rows, sessionCloseRows()...)
	return append(rows, lostRows()...)
}

// codeRows have the codes around every limit of RFC 6455 §7.4, and one of each kind with
// a reason.
func codeRows() (rows []wireRow) {
	for _, code := range []uint16{0, 1, 2, 100, 125, 126, 127, 128, 255, 256, 499, 500, 998, 999} {
		rows = append(rows, codeRow(code, ruleOfCode(code), failsCloseCode))
	}
	for code := uint16(1000); code <= 1020; code++ {
		end := closed(ws.CloseCode(code))
		if code >= 1004 && code <= 1006 || code > 1014 {
			end = failsCloseCode
		}
		rows = append(rows, codeRow(code, ruleOfCode(code), end))
	}
	for _, code := range []uint16{1099, 1999, 2000, 2500, 2999, 5000, 5001, 9999, 32767, 32768, 65534, 65535} {
		rows = append(rows, codeRow(code, ruleOfCode(code), failsCloseCode))
	}
	for _, code := range []uint16{3000, 3001, 3999, 4000, 4001, 4998, 4999} {
		rows = append(rows, codeRow(code, ruleOfCode(code), closed(ws.CloseCode(code))))
	}
	return rows
}

// ruleOfCode is what the RFC says of a code.
func ruleOfCode(code uint16) *requirement {
	switch {
	case code < 1000:
		return ruleUnusedCode
	case code == 1005:
		return ruleNot1005
	case code == 1006:
		return ruleNot1006
	case code == 1015:
		return ruleNot1015
	}
	return ruleCloseCode
}

// codeRow has a Close frame with a code and a reason.
func codeRow(code uint16, rule *requirement, end wireEnd) wireRow {
	frame := wireFrame{first: fin | opClose, payload: string(closePayload(code, "reason"))}
	return wireRow{fmt.Sprintf("close code %d with a reason", code), rule, steps(sends(frame)), end}
}

// closePayloadRows have reasons of every length that matters, and such as are not UTF-8.
func closePayloadRows() (rows []wireRow) {
	row := func(name string, rule *requirement, payload string, end wireEnd) {
		frame := wireFrame{first: fin | opClose, payload: payload}
		rows = append(rows, wireRow{"close payload: " + name, rule, steps(sends(frame)), end},
			wireRow{"close payload in a message: " + name, rule, steps(sends(openFragment(opText, "a"), frame)), end})
	}
	for _, b := range []string{"\x00", "\x03", "\x7f", "\xff"} {
		row(fmt.Sprintf("one byte %q", b), ruleClosePayload, b, failsClosePayload)
	}
	for _, n := range []int{1, 2, 121, 122, 123} {
		row(fmt.Sprintf("a reason of %d bytes", n), ruleCloseReason, string(closePayload(1000, strings.Repeat("*", n))), closed(1000))
	}
	for _, reason := range []string{"é", "€", "\U0001F600", "\x00", "\uFFFF"} {
		row(fmt.Sprintf("reason %+q", reason), ruleCloseReason, string(closePayload(4000, reason)), closed(4000))
	}
	for _, group := range utf8Groups() {
		for i, sequence := range group.sequences {
			if !sequence.valid && len(sequence.bytes) <= 8 && i < 3 {
				row(fmt.Sprintf("%s %d", group.name, i+1), ruleCloseReason, string(closePayload(1000, "a"+sequence.bytes)), failsCloseReason)
			}
		}
	}
	return rows
}

// closeCall is a call of Session.Close.
func closeCall(code ws.CloseCode, reason string) wireStep {
	return calls(func(s *ws.Session) error { return s.Close(ws.CloseReason{Code: code, Description: reason}) })
}

// sessionCloseRows are conversations that the session ends.
func sessionCloseRows() (rows []wireRow) {
	row := func(name string, rule *requirement, end wireEnd, all ...wireStep) {
		rows = append(rows, wireRow{"session closes: " + name, rule, steps(all...), end})
	}
	for _, code := range []ws.CloseCode{0, 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		frame := closeWith(code, "")
		row(fmt.Sprintf("code %d", code), ruleStarts, closedFirst(code, "", code), closeCall(code, "").wants(frame), sends(frame))
	}
	bye, long := closingFrame(1000, "bye"), strings.Repeat("é", 61)
	row("a reason", ruleStarts, closedFirst(1000, "bye", 1000), closeCall(1000, "bye").wants(bye), sends(bye))
	row("a reason that is too long", ruleStarts, closedFirst(1000, long, 1000), closeCall(1000, long+"é").wants(closingFrame(1000, long)), sends(bye))
	for _, code := range []ws.CloseCode{1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535} {
		row(fmt.Sprintf("code %d, which it may not send", code), ruleOfCode(uint16(code)), closes(1000), refusedClose(code))
	}
	own := closeCall(1000, "").wants(closeWith(1000, ""))
	for name, answer := range map[string]wireStep{
		"another code":          sends(closeWith(4000, "")),
		"no code":               sends(closeWith(0, "")),
		"after a message":       sends(textFrame("a"), closeWith(1000, "")),
		"inside a message":      sends(openFragment(opText, "a"), closeWith(1000, "")),
		"a byte at a time":      sends(closeWith(1000, "bye")).inChops(1),
		"followed by a message": sends(closeWith(1000, ""), textFrame("a")),
		"followed by another":   sends(closeWith(1000, ""), closeWith(1001, "")),
		"followed by a Ping":    sends(closeWith(1000, ""), pingFrame("")),
	} {
		code := ws.CloseCode(1000)
		switch name {
		case "another code":
			code = 4000
		case "no code":
			code = 0
		}
		row("the answer is "+name, ruleBothClosed, closedFirst(1000, "", code), own, answer)
	}
	row("then it sends no message", ruleNoMoreData, closedFirst(1000, "", 1000), own, refusedSends(), sends(closeWith(1000, "")))
	return rows
}

// refusedClose is a call of Session.Close with a code that may not be sent.
func refusedClose(code ws.CloseCode) wireStep {
	return calls(func(s *ws.Session) error {
		if s.Close(ws.CloseReason{Code: code}) == nil {
			return fmt.Errorf("a Close frame of code %d may be sent", code)
		}
		return nil
	})
}

// refusedSends are sends after the Close frame.
func refusedSends() wireStep {
	return calls(func(s *ws.Session) error {
		ctx := context.Background()
		for _, err := range []error{
			s.Text(ctx, "a"), s.Binary(ctx, []byte("a")), s.Ping(ctx, nil), s.Continuation(ctx, ws.FirstText, []byte("a")),
		} {
			if !errors.Is(err, ws.ErrClosed) {
				return fmt.Errorf("a send after the Close frame returned %v", err)
			}
		}
		return nil
	})
}

// lostRows are conversations whose peer ends the connection without a Close frame, after
// every byte of a frame and of a message.
func lostRows() (rows []wireRow) {
	row := func(name string, all ...wireStep) {
		rows = append(rows, wireRow{"connection lost " + name, ruleLost, steps(all...).uncompressed(), lost()})
	}
	row("at the beginning", sends())
	row("after a message", sends(textFrame("a")).wants(textFrame("a")))
	row("after a fragment", sends(openFragment(opText, "a")))
	row("after half a character", sends(openFragment(opText, "\xc3")))
	row("after a Ping between fragments", sends(openFragment(opText, "a"), pingFrame("b")).wants(pongFrame("b")))
	for _, n := range []int{1, 2, 125, 126, 70_000} {
		part := wireFrame{first: fin | opBinary, rest: n}
		row(fmt.Sprintf("before the %d bytes of a payload", n), sends(part))
		part.payload, part.rest = strings.Repeat("*", n-1), 1
		row(fmt.Sprintf("before the last of the %d bytes of a payload", n), sends(part))
	}
	return rows
}
