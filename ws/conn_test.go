package ws

import (
	"testing"
	"unsafe"
)

// The next size in which memory is allocated is 176 bytes: every idle session
// would cost as much.
func TestSessionSize(t *testing.T) {
	if size := unsafe.Sizeof(Session{}); unsafe.Sizeof(uintptr(0)) == 8 && size > 160 {
		t.Errorf("%d bytes", size)
	}
}
