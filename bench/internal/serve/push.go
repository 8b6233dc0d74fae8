package serve

import "sync"

// Pushers is how many goroutines send at once to one connection.
const Pushers = 8

// Push calls send from all the pushers until it fails, and waits for the last.
func Push(send func() error) {
	var pushers sync.WaitGroup
	for range Pushers {
		pushers.Go(func() {
			for send() == nil {
			}
		})
	}
	pushers.Wait()
}
