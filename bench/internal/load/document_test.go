package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"unicode/utf8"
)

func TestADocumentIsJSONOfItsSize(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{100, 250, 1 << 10, 1<<10 + 1, 16 << 10} {
		t.Run(fmt.Sprintf("size=%d", size), func(t *testing.T) {
			first, second := document(random, size), document(random, size)
			if !json.Valid(first) || !utf8.Valid(first) || len(first) != size {
				t.Errorf("%d bytes: %s", len(first), first)
			}
			if bytes.Equal(first, second) {
				t.Error("two documents are the same")
			}
		})
	}
}
