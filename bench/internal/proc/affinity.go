package proc

import (
	"fmt"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// AnyCore leaves a process on all the cores it was given.
const AnyCore = -1

// original is the set of cores the runner itself was given.
var original = func() (set unix.CPUSet) {
	if unix.SchedGetaffinity(0, &set) != nil {
		for core := range runtime.NumCPU() {
			set.Set(core)
		}
	}
	return set
}()

// Cores are the numbers of the cores there are.
func Cores() (cores []int) {
	for core := 0; len(cores) < original.Count(); core++ {
		if original.IsSet(core) {
			cores = append(cores, core)
		}
	}
	return cores
}

func coreSet(core int) unix.CPUSet {
	if core == AnyCore {
		return original
	}
	var set unix.CPUSet
	set.Set(core)
	return set
}

// pinThread pins the calling thread.
func pinThread(core int) error {
	set := coreSet(core)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("pin to core %d: %w", core, err)
	}
	return nil
}

// Pin pins every thread of the runner; threads started later inherit it.
func Pin(core int) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	set := coreSet(core)
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			return err
		}
		// ESRCH: the thread has ended since.
		if err := unix.SchedSetaffinity(id, &set); err != nil && err != unix.ESRCH {
			return fmt.Errorf("pin to core %d: %w", core, err)
		}
	}
	return nil
}
