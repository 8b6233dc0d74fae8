package report

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/handset-go/handset/bench/internal/proc"
)

// machine is what the figures depend on.
func machine() [][]string {
	return [][]string{
		{"processor", fmt.Sprintf("%s, %d cores", processor(), len(proc.Cores()))},
		{"memory", memory()},
		{"system", fmt.Sprintf("%s/%s, kernel %s", runtime.GOOS, runtime.GOARCH, kernel())},
	}
}

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	return lineValue(string(text), "model name")
}

func memory() string {
	text, _ := os.ReadFile("/proc/meminfo")
	var kib int
	if _, err := fmt.Sscanf(lineValue(string(text), "MemTotal"), "%d", &kib); err != nil {
		return "unknown"
	}
	return fmt.Sprintf("%d GiB", (kib+1<<19)>>20)
}

// lineValue finds "name : value" in a file of /proc.
func lineValue(text, name string) string {
	for line := range strings.Lines(text) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// kernel is the version in numbers: what follows names the builder's machine.
func kernel() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return "unknown"
	}
	version, _, _ := strings.Cut(unix.ByteSliceToString(name.Release[:]), "-")
	return version
}
