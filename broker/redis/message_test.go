package redis

import (
	"fmt"
	"strings"
	"testing"
)

// FuzzMessage reads what anybody may have published. A message is the one that its entry
// makes, apart from zeros in front of the offset.
func FuzzMessage(f *testing.F) {
	for _, message := range []string{"", "epoch:1:data", "::", "e:1:", "e:-1:x", "e:18446744073709551616:x", ":0:a:b:c", "e:1"} {
		f.Add(message)
	}
	f.Fuzz(func(t *testing.T, message string) {
		entry, ok := parseMessage(message)
		if !ok {
			return
		}
		p := entry.Position
		zeros := strings.TrimSuffix(message, fmt.Sprintf("%d:%s", p.Offset, entry.Data))
		if strings.TrimRight(zeros, "0") != p.Epoch+":" {
			t.Errorf("%q was read as %v and %q", message, p, entry.Data)
		}
	})
}
