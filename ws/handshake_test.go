package ws

import (
	"slices"
	"testing"

	"github.com/handset-go/handset/internal/handshake"
)

func TestListOptionsAreParsedOnce(t *testing.T) {
	u := &Upgrader{Subprotocols: []string{"chat"}, OriginPatterns: []string{"*.example.com", "[::1]:*"}}
	var err error
	allocated := testing.AllocsPerRun(100, func() { err = u.check() })
	if allocated != 0 || err != nil {
		t.Errorf("check: %.1f allocations, %v", allocated, err)
	}
}

// A copy of an Upgrader that is in use has patterns of its own.
func TestACopyOfAnUpgraderHasPatternsOfItsOwn(t *testing.T) {
	patterns := func(u *Upgrader) []handshake.OriginPattern {
		if err := u.check(); err != nil {
			t.Fatal(err)
		}
		return u.registry().lists.origins
	}
	u := Upgrader{OriginPatterns: []string{"b.example"}}
	first := patterns(&u)
	other := u
	other.OriginPatterns = []string{"c.example"}
	if slices.Equal(patterns(&other), first) {
		t.Error("the copy accepts the origins of the first")
	}
	if !slices.Equal(patterns(&u), first) {
		t.Error("the first no longer accepts the same origins")
	}
}
