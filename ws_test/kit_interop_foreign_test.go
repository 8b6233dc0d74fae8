package ws_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/handset-go/handset/internal/interoptest"
	"github.com/handset-go/handset/internal/tooltest"
)

// foreignServers runs a command, which serves the paths of interoptest on n ports, with
// the files of a certificate and its key as further arguments for TLS. It ends with the
// test.
func foreignServers(t *testing.T, over transport, n int, cmd *exec.Cmd) (servers []*interoptest.Server) {
	t.Helper()
	scheme, client := "ws", new(http.Client)
	if over.tls {
		var certificate, key string
		certificate, key, client = certificateFiles(t)
		cmd.Args, scheme = append(cmd.Args, certificate, key), "wss"
	}
	_, lines := startForeign(t, cmd)
	var ports []int
	if err := json.Unmarshal(await(t, lines, "the ports"), &ports); err != nil || len(ports) != n {
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

// startForeign runs a command until the test ends, and returns its standard input and
// the lines that it prints.
func startForeign(t *testing.T, cmd *exec.Cmd) (io.Writer, <-chan []byte) {
	t.Helper()
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
		late := time.AfterFunc(tooltest.Patience, func() { _ = cmd.Process.Kill() })
		_ = stdin.Close()
		<-ended
		late.Stop()
		if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
			t.Errorf("%v: %v\n%s", cmd, err, &stderr)
		}
	})
	return stdin, lines
}

// certificateFiles writes a certificate and its key into files, for servers, and returns
// a client that trusts it. It is not that of httptest, which is of an authority and which
// not every client therefore accepts for a server.
func certificateFiles(t *testing.T) (certificate, key string, client *http.Client) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "handset"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"example.com"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certificate, key = filepath.Join(dir, "certificate.pem"), filepath.Join(dir, "key.pem")
	writePEM(t, certificate, "CERTIFICATE", der)
	writePEM(t, key, "PRIVATE KEY", keyDER)
	roots := x509.NewCertPool()
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(parsed)
	return certificate, key, &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
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
