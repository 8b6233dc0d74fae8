package soak

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/handset-go/handset/ws"
)

// sentMessages returns messages of a stream, whole or in chunks.
func sentMessages(n int) (messages []ws.Message) {
	rng := rand.New(rand.NewPCG(1, 2))
	s := &stream{id: 7}
	for i := range n {
		kind := [...]ws.Kind{ws.Text, ws.Binary}[i%2]
		m := s.message(kind, 40*(i+1), rng).Clone()
		s.count(m)
		if i%3 > 0 {
			messages = append(messages, m)
			continue
		}
		messages = append(messages, ws.Message{Kind: firstKind(kind), Data: m.Data[:10]},
			ws.Message{Kind: ws.Continue, Data: m.Data[10:40]}, ws.Message{Kind: ws.Last, Data: m.Data[40:]})
	}
	return append(messages, ws.Message{Kind: ws.Close})
}

// The checker accepts what was sent, and finds each way to change it.
func TestCheckFindsChanges(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(m []ws.Message) []ws.Message
		fails  string // "" if there is nothing to be found
	}{
		{"nothing", func(m []ws.Message) []ws.Message { return m }, ""},
		{"a Ping in between", func(m []ws.Message) []ws.Message { return slices.Insert(m, 1, ws.Message{Kind: ws.Ping}) }, ""},
		{"a message lost", func(m []ws.Message) []ws.Message { return slices.Delete(m, 3, 4) }, "has arrived after"},
		{"a message twice", func(m []ws.Message) []ws.Message { return slices.Insert(m, 4, m[3]) }, "has arrived after"},
		{"messages exchanged", func(m []ws.Message) []ws.Message { m[3], m[4] = m[4], m[3]; return m }, "has arrived after"},
		{"a chunk lost", func(m []ws.Message) []ws.Message { return slices.Delete(m, 1, 2) }, "message of 10 bytes"},
		{"the last chunk lost", func(m []ws.Message) []ws.Message { return slices.Delete(m, 2, 3) }, "while a message is open"},
		{"a byte altered", func(m []ws.Message) []ws.Message { m[4].Data[70]++; return m }, "altered"},
		{"a byte of the header altered", func(m []ws.Message) []ws.Message { m[4].Data[9]++; return m }, "altered"},
		{"a byte lost", func(m []ws.Message) []ws.Message { m[4].Data = m[4].Data[:79]; return m }, "altered"},
		{"another kind", func(m []ws.Message) []ws.Message { m[4].Kind = ws.Text; m[3].Kind = ws.Text; return m }, "altered"},
		{"a message after Close", func(m []ws.Message) []ws.Message { return append(m, m[3]) }, "after Close"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c checker
			var err error
			for _, m := range test.change(sentMessages(9)) {
				if err = c.add(m); err != nil {
					break
				}
			}
			if (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
				t.Errorf("found %v, want %q", err, test.fails)
			}
			if got := c.streams[7].Messages; err == nil && got != 9 {
				t.Errorf("%d messages were received", got)
			}
		})
	}
}

// What one side has received is compared with what the other has sent.
func TestCheckComparesSums(t *testing.T) {
	three, two := map[uint32]sum{7: {3, 90, 33}}, map[uint32]sum{7: {2, 60, 22}}
	for _, test := range []struct {
		name           string
		sent, received map[uint32]sum
		complete, same bool
	}{
		{"all", three, three, true, true},
		{"a part, of a connection that was lost", three, two, false, true},
		{"a part, and then Close", three, two, true, false},
		{"more than was sent", two, three, false, false},
		{"as many, but others", three, map[uint32]sum{7: {3, 90, 34}}, false, false},
		{"a stream that was not sent", nil, two, false, false},
		{"nothing, and then Close", two, nil, true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			from, to := report{Behaviour: "echo", Side: "client", Sent: test.sent}, report{Behaviour: "echo", Side: "server", Received: test.received, Complete: test.complete}
			if problems := compareSums(&from, &to); (len(problems) == 0) != test.same {
				t.Errorf("found %q", problems)
			}
		})
	}
}

// What grows is found, and what varies is not.
func TestCheckTrends(t *testing.T) {
	for _, test := range []struct {
		name  string
		heap  func(i int) uint64
		grows bool
	}{
		{"it stays the same", func(int) uint64 { return 80 << 20 }, false},
		{"it varies", func(i int) uint64 { return uint64(70+i*7%20) << 20 }, false},
		{"single peaks at the end", func(i int) uint64 { return uint64(80+i/55*100) << 20 }, false},
		{"it grows at the beginning", func(i int) uint64 { return uint64(min(i, 20)) << 20 }, false},
		{"it grows", func(i int) uint64 { return uint64(60+i) << 20 }, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			samples := make([]sample, 60)
			for i := range samples {
				samples[i].Heap = test.heap(i)
			}
			if problems := trends(samples); (len(problems) > 0) != test.grows {
				t.Errorf("found %q", problems)
			}
		})
	}
}

// The text that messages are parts of is UTF-8 wherever it is cut.
func TestCheckTexts(t *testing.T) {
	for at := 0; at < len(texts); at += 4 {
		if !utf8.Valid(texts[at : at+4]) {
			t.Fatalf("%q", texts[at:at+4])
		}
	}
}
