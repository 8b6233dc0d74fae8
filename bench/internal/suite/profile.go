package suite

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/handset-go/handset/bench/internal/proc"
)

// profileMargin is what a profile needs after it was taken, to arrive before the
// measurement ends and the server with it.
const profileMargin = 500 * time.Millisecond

// profile writes a CPU profile of a server while it is measured. It must be
// written in Go, and the span 1.5 s at least, for a profile takes whole seconds.
func (r *Runner) profile(process *proc.Server, name string, span time.Duration) {
	seconds := max(1, int((span - profileMargin).Seconds()))
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
