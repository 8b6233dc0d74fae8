package ws

import "testing"

func TestListOptionsAreParsedOnce(t *testing.T) {
	u := &Upgrader{Subprotocols: []string{"chat"}, OriginPatterns: []string{"*.example.com", "[::1]:*"}}
	var err error
	allocated := testing.AllocsPerRun(100, func() { err = u.check() })
	if allocated != 0 || err != nil {
		t.Errorf("check: %.1f allocations, %v", allocated, err)
	}
}
