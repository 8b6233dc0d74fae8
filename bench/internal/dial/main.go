// Package dial is what the Go clients under measurement have in common, so that
// each of them is little more than its library's own README.
package dial

import (
	"flag"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/handset-go/handset/bench/internal/serve"
)

// dialers is how many connections are opened at once.
const dialers = 8

// Largest is the longest message of the load, in bytes, for libraries whose buffers
// their documentation sets by that.
var Largest = flag.Int("largest", 125, "bytes of the longest message there will be")

// Main parses the flags and opens connections when it is asked to, until the
// process is killed. Dial opens one to a ws URL and starts a goroutine that sends
// every message back until the connection ends.
func Main(dial func(url string) error) {
	flag.Parse()
	http.HandleFunc("/dial", Handler(dial))
	serve.Ready(nil)
	select {}
}

// Handler opens as many connections as the query says in n to what it says in url,
// and answers when they are open. After a failure it opens no more.
func Handler(dial func(url string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		url := r.FormValue("url")
		n, err := strconv.Atoi(r.FormValue("n"))
		if err == nil {
			err = dialAll(n, func() error { return dial(url) })
		}
		if err != nil {
			http.Error(w, fmt.Sprintf("dial: %v", err), http.StatusInternalServerError)
		}
	}
}

// dialAll calls dial n times by all the dialers, until it fails.
func dialAll(n int, dial func() error) error {
	var (
		open   = make(chan struct{}, n)
		failed = make(chan error, dialers)
		group  sync.WaitGroup
	)
	for range n {
		open <- struct{}{}
	}
	close(open)
	for range dialers {
		group.Go(func() {
			for range open {
				if err := dial(); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(failed)
	return <-failed
}
