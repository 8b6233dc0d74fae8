// Package dial is what the Go clients under measurement have in common, so that
// each of them is little more than its library's own README.
package dial

import (
	"context"
	"flag"
	"net/http"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/handset-go/handset/bench/internal/serve"
)

// dialers is how many connections are opened at once.
const dialers = 8

// Largest is the longest message of the load, in bytes, for libraries whose
// documentation sets their buffers by that.
var Largest = flag.Int("largest", 125, "bytes of the longest message there will be")

// Main parses the flags and opens connections when it is asked to, until the
// process is killed. Open opens one to a ws URL, and starts a goroutine that sends
// every message back until the connection ends.
func Main(open func(url string) error) {
	flag.Parse()
	http.HandleFunc("/dial", Handler(open))
	serve.Ready(nil)
	select {}
}

// Handler opens as many connections as the query says in n to what it says in url,
// and answers when they are open. After a failure it opens no more.
func Handler(open func(url string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.ParseUint(r.FormValue("n"), 10, 16)
		if err == nil {
			err = openAll(r.FormValue("url"), int(n), open)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
}

func openAll(url string, n int, open func(url string) error) error {
	group, ctx := errgroup.WithContext(context.Background())
	group.SetLimit(dialers)
	for range n {
		group.Go(func() error {
			if ctx.Err() != nil {
				return nil // Wait returns the error that was first
			}
			return open(url)
		})
	}
	return group.Wait()
}
