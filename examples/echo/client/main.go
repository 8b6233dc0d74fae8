// Client is a WebSocket client for the command line. It sends each line of the standard
// input as a text message, and prints each message that it receives on a line.
//
//	go run ./examples/echo/client ws://127.0.0.1:8080/ws_echo
//
// Pings and Close frames are reported on the standard error. At the end of the input the
// client closes the session, after it has printed the answers. Ctrl-C closes it as well,
// within 2 s. The exit status is 1 if the handshake is refused, the connection is lost,
// or the server closes with a code that reports an error.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/handset-go/handset/ws"
)

func main() {
	dialer := &ws.Dialer{Header: make(http.Header)}
	flag.Func("H", "`header` of the request, such as 'Origin: https://example.com'; may be repeated", headerFlag(dialer))
	flag.Func("subprotocol", "`name` of a subprotocol, most preferred first; may be repeated", func(name string) error {
		dialer.Subprotocols = append(dialer.Subprotocols, name)
		return nil
	})
	flag.BoolVar(&dialer.FollowRedirects, "L", false, "follow redirects")
	compress := flag.Bool("compress", false, "offer compression")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: client [flags] ws://host:port/path")
		flag.PrintDefaults()
		os.Exit(2)
	}
	if *compress {
		dialer.Compression = ws.Frugal()
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	if err := run(ctx, dialer, flag.Arg(0), console{os.Stdin, os.Stdout, os.Stderr}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		var refused *ws.HandshakeError
		if errors.As(err, &refused) {
			fmt.Fprintf(os.Stderr, "%s\n", bytes.TrimSpace(refused.Body))
		}
		os.Exit(1)
	}
}

// headerFlag returns a function that adds a header to the request of d.
func headerFlag(d *ws.Dialer) func(string) error {
	return func(line string) error {
		name, value, ok := strings.Cut(line, ":")
		if value = strings.TrimSpace(value); !ok {
			return errors.New("there is no colon")
		} else if strings.EqualFold(name, "Host") {
			d.Host = value
		} else {
			d.Header.Add(name, value)
		}
		return nil
	}
}
