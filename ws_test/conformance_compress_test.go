package ws_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"github.com/handset-go/handset/ws"
)

// deflateRow is a case 12 or 13 of Autobahn|Testsuite, with fewer messages: compressed
// messages of one size that come back the same (RFC 7692 §7.2).
type deflateRow struct {
	id         string
	rule       *requirement
	agreed     deflateAgreement
	data       deflateData
	size       int // of each message
	fragmentAt int // bytes of the payloads of fragments, 0 for no fragments
}

// deflateAgreement is an agreement on parameters for what the session sends (§7.1): what
// its peer offers to a server, the server's response, and the peer's response to a client.
type deflateAgreement struct{ offer, response, accepted string }

// deflateData are the bytes whose parts are the messages.
type deflateData struct {
	op           byte
	bytes        string
	compressible bool
}

// deflateAgreements are those of the cases 13: with and without context takeover, with
// a window of any size, of 512 bytes and of 32 KiB, and with a choice among offers. The
// offers say that the client can do without context takeover, which the server accepts.
func deflateAgreements() (all []deflateAgreement) {
	const name, hint = "permessage-deflate", "; client_no_context_takeover"
	for _, p := range []struct{ takeover, window string }{
		{"", ""}, {"; server_no_context_takeover", ""},
		{"", "; server_max_window_bits=9"}, {"", "; server_max_window_bits=15"},
		{"; server_no_context_takeover", "; server_max_window_bits=9"}, {"; server_no_context_takeover", "; server_max_window_bits=15"},
	} {
		all = append(all, deflateAgreement{
			offer:    name + hint + "; client_max_window_bits" + p.takeover + p.window,
			response: name + p.takeover + hint + p.window,
			accepted: strings.ReplaceAll(name+p.takeover+p.window, "server_", "client_"),
		})
	}
	choice := all[4]
	choice.offer = strings.Join([]string{all[4].offer, all[1].offer, all[0].offer}, ", ")
	return append(all, choice)
}

// rule is what the messages of an agreement test.
func (a deflateAgreement) rule() *requirement {
	switch {
	case strings.Contains(a.offer, ","):
		return ruleDeflateOffers
	case strings.Contains(a.accepted, "max_window_bits"):
		return ruleDeflateServerBits
	case strings.Contains(a.accepted, "no_context_takeover"):
		return ruleDeflateServerOwn
	}
	return ruleDeflateTakeover
}

// deflateSizes are the sizes and fragments of the cases 12.n and 13.n.
func deflateSizes() (all [][2]int) {
	for size := 16; size <= 128<<10; size *= 2 {
		if size != 32 && size != 128 && size != 512 && size != 2048 {
			all = append(all, [2]int{size, 0})
		}
	}
	for size := 8 << 10; size <= 128<<10; size *= 2 {
		all = append(all, [2]int{size, 256})
	}
	return append(all, [2]int{128 << 10, 1024}, [2]int{128 << 10, 4096}, [2]int{128 << 10, 32768})
}

// deflateDatas are of the kinds of the cases 12: JSON, a picture, prose, HTML and what is
// compressed already.
func deflateDatas() []deflateData {
	const n = 512 << 10
	var picture, prose, html strings.Builder
	for i := range n {
		picture.WriteByte(byte(i%512/2+i/2048) ^ byte(i*i>>7)&3)
	}
	for i := 0; prose.Len() < n; i++ {
		fmt.Fprintf(&prose, "%s und %s, ", gibberish(i%97, 9), gibberish(i%31, 5))
		fmt.Fprintf(&html, "<tr class=\"row\"><td>%d</td><td><a href=\"/%s\">%d</a></td></tr>\n", i, gibberish(i, 6), i*i)
	}
	return []deflateData{
		{opText, string(records(n)), true},
		{opBinary, picture.String(), true},
		{opBinary, prose.String(), true},
		{opText, html.String(), true},
		{opBinary, string(incompressible(n)), false},
	}
}

func deflateRows() (rows []deflateRow) {
	agreements, datas := deflateAgreements(), deflateDatas()
	for k, s := range deflateSizes() {
		for i, data := range datas {
			rows = append(rows, deflateRow{fmt.Sprintf("12.%d.%d", 1+i, 1+k), ruleDeflateData, agreements[0], data, s[0], s[1]})
		}
		for i, agreed := range agreements {
			rows = append(rows, deflateRow{fmt.Sprintf("13.%d.%d", 1+i, 1+k), agreed.rule(), agreed, datas[0], s[0], s[1]})
		}
	}
	return rows
}

// messages are consecutive parts of the data, cut between characters.
func (r deflateRow) messages() (all []wireFrame) {
	rest := r.data.bytes
	for range min(max(2, 64<<10/r.size), 10) {
		n := r.size
		for r.data.op == opText && !utf8.RuneStart(rest[n]) {
			n++
		}
		all = append(all, wireFrame{first: fin | r.data.op, payload: rest[:n]})
		rest = rest[n:]
	}
	return all
}

// Compressed messages come back the same on both sides, whatever has been agreed on.
func TestConformanceCompressed(t *testing.T) {
	rows := deflateRows()
	if len(rows) != 216 {
		t.Fatalf("%d rows, and not Autobahn|Testsuite's 216 cases", len(rows))
	}
	for _, on := range sides {
		for _, row := range rows {
			if raceDetector && row.size > 8<<10 && row.fragmentAt != 1024 {
				continue
			}
			t.Run(fmt.Sprintf("side=%s,case=%s", on, row.id), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { row.converse(t, on) })
			})
		}
	}
}

// converse exchanges the messages and closes.
func (r deflateRow) converse(t *testing.T, on side) {
	end, conn := newDuplex()
	session, stream := r.agreed.begin(t, end, on, &ws.Upgrader{Compression: ws.Dense()})
	go wireEcho("All")(session, stream)
	p := newWirePeer(t, conn, bufio.NewReader(conn), on)
	defer abandon(p, session)
	recv := wireWindow{strings.Contains(r.agreed.accepted, "no_context_takeover"), 15}
	if strings.Contains(r.agreed.accepted, "max_window_bits=9") {
		recv.bits = 9
	}
	d := newWireDeflate(wireWindow{alone: on == serverSide, bits: 15}, recv) // a client says so in its offers
	for _, message := range r.messages() {
		compressed := d.exchange(p, message, r.fragmentAt)
		if want := r.data.compressible && r.size >= 256; want && !compressed {
			t.Errorf("a message of %d bytes is not compressed", r.size)
		}
	}
	p.send(sends(closingFrame(1000, "")))
	closes(1000).expect(p, session, func() { synctest.Wait(); p.expectNothing() })
}

// begin begins a session that agrees on the parameters.
func (a deflateAgreement) begin(t testing.TB, end net.Conn, on side, u *ws.Upgrader) (*ws.Session, *ws.MessageStream) {
	t.Helper()
	if on == clientSide {
		peer := &scriptedResponse{answer: func(string) string { return a.accepted }}
		session, stream, err := dialOn(t, newDialer(t, u), respond(end, peer), false)
		if err != nil {
			t.Fatal(err)
		}
		return session, stream
	}
	w := &responseWriter{conn: end}
	session, stream, err := u.Handle(w, request("Sec-WebSocket-Extensions", a.offer))
	if err != nil {
		t.Fatal(err)
	}
	if got := w.response.header.Get("Sec-WebSocket-Extensions"); got != a.response {
		t.Errorf("the offer %q was answered with %q, want %q", a.offer, got, a.response)
	}
	return session, stream
}
