package ws

import (
	"testing"
	"unsafe"
)

// The next allocation size is 176 bytes.
func TestSessionSize(t *testing.T) {
	if size := unsafe.Sizeof(Session{}); unsafe.Sizeof(uintptr(0)) == 8 && size > 160 {
		t.Errorf("%d bytes", size)
	}
}
