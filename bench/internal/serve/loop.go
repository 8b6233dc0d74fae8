package serve

import (
	"flag"
	"log"
)

// Where the loop over a connection's messages runs.
const (
	InGoroutine = "goroutine" // of its own; the HTTP handler returns at once
	InHandler   = "handler"   // which returns when the connection has ended
)

var loop = flag.String("loop", "", "where the loop over a connection's messages runs: "+
	InGoroutine+" or "+InHandler+"; where the library's README has it if empty")

// Loop runs the loop over a connection's messages where -loop says. usual is
// where the library's README has it.
func Loop(usual string, run func()) {
	if *loop == InHandler || *loop == "" && usual == InHandler {
		run()
		return
	}
	go run()
}

func checkLoop() {
	switch *loop {
	case "", InGoroutine, InHandler:
	default:
		log.Fatalf("no -loop %q", *loop)
	}
}
