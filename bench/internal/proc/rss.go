package proc

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// RSS is the memory of the process that is in RAM, in bytes.
func (s *Server) RSS() (int64, error) {
	rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", s.PID()))
	if err != nil {
		return 0, err
	}
	return parseRSS(string(rollup))
}

// parseRSS finds the Rss line of a smaps_rollup file. Unlike the counters in
// status and statm it is exact: those are kept per thread and lag behind.
func parseRSS(rollup string) (int64, error) {
	for line := range strings.Lines(rollup) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "Rss:" {
			kib, err := strconv.ParseInt(fields[1], 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("no Rss line in smaps_rollup")
}
