package proc

import (
	"testing"
	"time"
)

func TestBusyTimeLeavesOutWhatIsIdle(t *testing.T) {
	const stat = "cpu  1 2 4 1000000 2000000 8 16 32 64 128\ncpu0 9 9 9 9 9 9 9 9 9 9\n"
	if got, err := parseBusy(stat); got != 63*10*time.Millisecond || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	for _, stat := range []string{"", "cpu 1 2 3\n", "cpu a b c d e f g h\n", "intr 1 2 3 4 5 6 7 8 9\n"} {
		if got, err := parseBusy(stat); err == nil {
			t.Errorf("%q gave %v", stat, got)
		}
	}
}
