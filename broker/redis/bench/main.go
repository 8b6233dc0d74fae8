// Command bench measures how long messages take from Publish in one process to their
// delivery in another one, and how many there are in a second, beside what Redis and rueidis
// take without package redis. It starts a redis-server, which must be installed.
//
//	go run ./bench
package main

import "github.com/handset-go/handset/internal/brokerbench"

func main() { (&brokerbench.Bench{Start: startServer, Paths: paths()}).Main() }
