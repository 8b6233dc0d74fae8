package grouptest

import (
	"strings"
	"testing"

	"github.com/handset-go/handset/group"
)

// names are names of groups that users choose, some of which mean something to servers.
var names = []string{
	"", " ", "  ", "a", "A", "a ", " a", "a b", "a.b", "a..b", ".a", "a.", ".", "..", "a/b", "a\\b", "a%b", "a%2eb",
	"*", ">", "a.*", "a.>", "?", "[a]", "a*", "{a}", "{a}b", "$SYS", "$JS.API.>", "_INBOX.x",
	":", "a:b", "a:", "=", "=2E", "=61", "==", "a=", "a=2Eb", "a_b", "a-b", "%", "%%", "-", "_", "~",
	"\r\n", "\n", "\t", "\x00", "a\x00", "\xff", "\xff\xfe", "\ufffd",
	"é", "e\u0301", "房间", "房間", "👋", "\u202eabc", "PUB a 1\r\nx\r\n",
	strings.Repeat("a", 1023), strings.Repeat("a", 1024), strings.Repeat("a", 1023) + "b",
	strings.Repeat(".", 1024), strings.Repeat("房", 341), strings.Repeat("\xff", 1024),
}

// Each subscription receives what was published to its own group and nothing else.
func testNames(t *testing.T, a, b group.Broker) {
	recorders := make([]*recorder, len(names))
	for i, name := range names {
		recorders[i] = subscribe(t, b, name)
	}
	for _, text := range []string{"1", "2"} { // what goes astray has arrived before the second message
		for _, name := range names {
			publish(t, a, name, name+text)
		}
	}
	for i, name := range names {
		got := recorders[i].texts(t, 2)
		if got[0] != name+"1" || got[1] != name+"2" {
			t.Errorf("group %.50q has received %.200q", name, got)
		}
	}
}
