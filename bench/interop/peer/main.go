// Peer is a server or a client of another library of Go, for the interop tests of ws_test,
// which internal/interoptest describes.
//
//	peer LIBRARY server [CERTIFICATE-FILE KEY-FILE]
//	peer LIBRARY client [CA-FILE]
//
// The server prints its port, as a line of JSON. The client connects to each URL that it
// reads, as a line, from its standard input. Both print a line of JSON for each connection
// that has ended, and end with their standard input.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"

	"github.com/handset-go/handset/internal/interoptest"
)

// library is one of them.
type library struct {
	accept func(http.ResponseWriter, *http.Request) (interoptest.Conn, error)
	dial   func(*url.URL, *tls.Config, []string) (dialed, error)
}

// dialed is the result of a handshake.
type dialed struct {
	conn     interoptest.Conn
	status   int // of a refusal
	protocol string
}

var libraries = map[string]library{
	"gorilla":           {acceptGorilla, dialGorilla},
	"gws":               {gwsAccepts(true), dialGws},
	"gws-no-takeover":   {gwsAccepts(false), nil},
	"gobwas":            {acceptGobwas, dialGobwas},
	"coder":             {coderAccepts(true), dialCoder},
	"coder-no-takeover": {coderAccepts(false), nil},
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("usage: peer LIBRARY server|client FILES…")
	}
	l, ok := libraries[args[0]]
	switch files := args[2:]; {
	case !ok:
		return fmt.Errorf("%s is not known", args[0])
	case args[1] == "server":
		return serve(l, files)
	default:
		return connect(l, files)
	}
}

func serve(l library, files []string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	if len(files) == 2 {
		certificate, err := tls.LoadX509KeyPair(files[0], files[1])
		if err != nil {
			return err
		}
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}})
	}
	printJSON([]int{listener.Addr().(*net.TCPAddr).Port})
	reports := make(chan interoptest.Report)
	go func() {
		for r := range reports {
			printJSON(r)
		}
	}()
	go func() { _ = http.Serve(listener, interoptest.Handler(l.accept, reports)) }()
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func connect(l library, files []string) error {
	config := new(tls.Config)
	if len(files) == 1 {
		pem, err := os.ReadFile(files[0])
		if err != nil {
			return err
		}
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(pem)
	}
	urls := bufio.NewScanner(os.Stdin)
	for urls.Scan() {
		go visit(l, urls.Text(), config)
	}
	return urls.Err()
}

// visit connects to a URL, does what its path says, and prints a report.
func visit(l library, address string, config *tls.Config) {
	report := interoptest.Report{URL: address, Code: 1006}
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	var protocols []string
	if u.Path == "/request" {
		protocols = []string{"other.protocol", interoptest.Subprotocol}
	}
	d, err := l.dial(u, config, protocols)
	report.Status = d.status
	if err == nil {
		about, _ := json.Marshal(map[string]string{"protocol": d.protocol})
		err = interoptest.Converse(d.conn, u, about)
	}
	report.Closed(err)
	printJSON(report)
}

var printing sync.Mutex

func printJSON(what any) {
	printing.Lock()
	defer printing.Unlock()
	_ = json.NewEncoder(os.Stdout).Encode(what)
}
