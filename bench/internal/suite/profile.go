package suite

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/handset-go/handset/bench/internal/proc"
)

// profile writes a CPU profile of a server while it is measured. It must be
// written in Go, and the span a second at least, for a profile takes whole ones.
func (r *Runner) profile(process *proc.Server, name string, span time.Duration) {
	seconds := max(1, int(math.Floor(span.Seconds())))
	answer, err := http.Get(process.URL(fmt.Sprintf("/debug/pprof/profile?seconds=%d", seconds)))
	if err != nil {
		fmt.Fprintf(r.Log, "profile of %s: %v\n", name, err)
		return
	}
	defer answer.Body.Close()
	file, err := os.Create(filepath.Join(r.Profile, name+".pprof"))
	if err != nil {
		fmt.Fprintf(r.Log, "profile of %s: %v\n", name, err)
		return
	}
	defer file.Close()
	if _, err := io.Copy(file, answer.Body); err != nil {
		fmt.Fprintf(r.Log, "profile of %s: %v\n", name, err)
	}
}
