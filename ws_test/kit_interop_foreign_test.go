package ws_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/handset-go/handset/internal/interoptest"
	"github.com/handset-go/handset/internal/tooltest"
)

// foreignServers runs a script of testdata, which serves the paths of interoptest for
// each of the options of compression, nil for none. It ends with the test.
func foreignServers(t *testing.T, over transport, program, script string, options []*interoptest.Parameters) (servers []*interoptest.Server) {
	t.Helper()
	args, scheme, client := []string{script, jsonOf(t, options)}, "ws", new(http.Client)
	if over.tls {
		var certificate, key string
		certificate, key, client = certificateFiles(t)
		args, scheme = append(args, certificate, key), "wss"
	}
	lines := startForeign(t, program, args...)
	var ports []int
	if err := json.Unmarshal(await(t, lines, "the ports"), &ports); err != nil || len(ports) != len(options) {
		t.Fatalf("the ports are %v, %v", ports, err)
	}
	reports := make(chan interoptest.Report, reportsLimit)
	go readReports(lines, reports)
	for _, port := range ports {
		servers = append(servers, &interoptest.Server{URL: fmt.Sprintf("%s://127.0.0.1:%d", scheme, port), Client: client, Reports: reports})
	}
	return servers
}

func readReports(lines <-chan []byte, reports chan<- interoptest.Report) {
	for line := range lines {
		var r interoptest.Report
		if json.Unmarshal(line, &r) == nil {
			reports <- r
		}
	}
}

// startForeign runs a program until the test ends, and returns the lines that it
// prints.
func startForeign(t *testing.T, program string, args ...string) <-chan []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), tooltest.Patience)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.WaitDelay = 5 * time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, ended := make(chan []byte, reportsLimit), make(chan struct{})
	go func() {
		defer close(ended)
		defer close(lines)
		for s := bufio.NewScanner(stdout); s.Scan(); {
			lines <- bytes.Clone(s.Bytes())
		}
	}()
	t.Cleanup(func() {
		defer cancel()
		_ = stdin.Close()
		<-ended
		if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
			t.Errorf("%v: %v\n%s", cmd, err, &stderr)
		}
	})
	return lines
}

// certificateFiles writes the certificate of httptest's servers and its key into
// files, for other servers, and returns a client that trusts them.
func certificateFiles(t *testing.T) (certificate, key string, client *http.Client) {
	t.Helper()
	srv := httptest.NewTLSServer(nil)
	defer srv.Close()
	pair := srv.TLS.Certificates[0]
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certificate, key = filepath.Join(dir, "certificate.pem"), filepath.Join(dir, "key.pem")
	writePEM(t, certificate, "CERTIFICATE", pair.Certificate[0])
	writePEM(t, key, "PRIVATE KEY", der)
	return certificate, key, srv.Client()
}

func writePEM(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	f, err := os.Create(file)
	if err == nil {
		err = pem.Encode(f, &pem.Block{Type: kind, Bytes: der})
		_ = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}
