package proc

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Others watches what the rest of the machine does meanwhile: measurements next
// to a busy neighbour are worth little.
type Others struct {
	start      time.Time
	busy, ours time.Duration
}

// WatchOthers starts to watch.
func WatchOthers() (*Others, error) {
	busy, err := machineBusy()
	return &Others{start: time.Now(), busy: busy, ours: oursSoFar()}, err
}

// Cores says how many cores on average others have kept busy since.
func (o *Others) Cores() (float64, error) {
	busy, err := machineBusy()
	others := busy - o.busy - (oursSoFar() - o.ours)
	return max(0, others.Seconds()/time.Since(o.start).Seconds()), err
}

// oursSoFar is what this process has used, and its children that have ended.
func oursSoFar() (used time.Duration) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var usage syscall.Rusage
		if syscall.Getrusage(who, &usage) == nil {
			used += time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
		}
	}
	return used
}

// machineBusy is the time all cores have spent on anything, or have been
// refused by the machine below.
func machineBusy() (time.Duration, error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	return parseBusy(string(stat))
}

// parseBusy reads the first line of /proc/stat: user, nice, system, idle,
// iowait, irq, softirq and steal, in hundredths of a second.
func parseBusy(stat string) (busy time.Duration, err error) {
	const (
		tick         = 10 * time.Millisecond
		idle, iowait = 3, 4
		steal        = 7
	)
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	if len(fields) < steal+2 || fields[0] != "cpu" {
		return 0, fmt.Errorf("no cpu line in /proc/stat but %q", line)
	}
	for i, field := range fields[1 : steal+2] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		if i != idle && i != iowait {
			busy += time.Duration(ticks) * tick
		}
	}
	return busy, nil
}
