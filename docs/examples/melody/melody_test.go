package melody_test

import (
	"net/http"
	"testing"

	"github.com/handset-go/handset/docs/examples/internal/guidetest"
	"github.com/handset-go/handset/docs/examples/melody/after"
	"github.com/handset-go/handset/docs/examples/melody/before"
)

func TestChat(t *testing.T) {
	guidetest.Chat(t, map[string]http.Handler{"before": before.Chat(), "after": after.Chat()})
}
