// Command bench measures how long messages take from Publish in one process to their
// delivery in another one, and how many there are in a second, beside what nats.go takes
// without package nats. A NATS server runs in a third process.
//
//	go run ./bench
package main

import (
	"log"
	"os"

	"github.com/handset-go/handset/internal/brokerbench"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "serve" {
		if err := serve(); err != nil {
			log.Fatal(err)
		}
		return
	}
	start := func() (string, func(), error) { return brokerbench.Run("serve") }
	(&brokerbench.Bench{Start: start, Paths: paths()}).Main()
}
