package redial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"syscall"
	"testing"
	"time"
)

func TestReason(t *testing.T) {
	badURL := &url.Error{Op: "parse", URL: "ws://[::1", Err: errors.New("missing ']' in host")} // as of url.Parse
	_, badPort := net.Dial("tcp", "127.0.0.1:99999")
	for _, tt := range []struct {
		name        string
		err         error
		lost, final bool
	}{
		{"nil", nil, false, false},
		{"refused", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, true, false},
		{"no such host", &net.DNSError{Err: "no such host", IsNotFound: true}, true, false},
		{"a timeout", context.DeadlineExceeded, true, false},
		{"a deadline", os.ErrDeadlineExceeded, true, false},
		{"EOF", fmt.Errorf("reading: %w", io.EOF), true, false},
		{"unexpected EOF", io.ErrUnexpectedEOF, true, false},
		{"any error of an http.Client", &url.Error{Op: "Get", Err: errors.New("malformed HTTP response")}, true, false},
		{"a TLS alert of the server", &net.OpError{Op: "remote error", Err: tls.AlertError(80)}, true, false},
		{"a reset during the TLS handshake", &url.Error{Op: "Get", Err: &net.OpError{Op: "read", Err: syscall.ECONNRESET}}, true, false},
		{"a timeout that cancelled a dial", fmt.Errorf("%w: %w", context.DeadlineExceeded, context.Canceled), true, false},
		{"cancelled", &url.Error{Op: "Get", Err: context.Canceled}, true, true},
		{"an untrusted certificate", &url.Error{Op: "Get", Err: untrusted(t)}, true, true},
		{"an unknown authority", x509.UnknownAuthorityError{}, false, true},
		{"another name", x509.HostnameError{Certificate: new(x509.Certificate)}, false, true},
		{"an expired certificate", x509.CertificateInvalidError{Reason: x509.Expired}, false, true},
		{"a URL", badURL, true, true},
		{"a port", badPort, true, true},
		{"a proxy that requires authentication", &url.Error{Op: "Get", Err: errors.New("Proxy Authentication Required")}, true, true},
		{"a SOCKS proxy that refuses the password", &net.OpError{Op: "socks connect", Err: errors.New("username/password authentication failed")}, true, true},
		{"a SOCKS proxy that requires a password", &net.OpError{Op: "socks connect", Err: errors.New("no acceptable authentication methods")}, true, true},
		{"a proxy whose server is down", &url.Error{Op: "Get", Err: errors.New("Bad Gateway")}, true, false},
		{"another error", errors.New("logged out"), false, false},
	} {
		if lost, final := Lost(tt.err), Final(tt.err); lost != tt.lost || final != tt.final {
			t.Errorf("%s: %v is lost: %v, final: %v", tt.name, tt.err, lost, final)
		}
	}
}

// untrusted returns the error of a real handshake with a server whose certificate is not
// trusted.
func untrusted(t *testing.T) error {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	conn, err := net.DialTimeout("tcp", srv.Listener.Addr().String(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err = tls.Client(conn, &tls.Config{ServerName: "example.com"}).Handshake(); err == nil {
		t.Fatal("the certificate is trusted")
	}
	return err
}

func TestRetryableStatus(t *testing.T) {
	for status, want := range map[int]bool{
		0: false, 101: false, 200: false, 301: false, 302: false, 307: false, 400: false, 401: false, 403: false, 404: false,
		407: false, 408: true, 410: false, 421: false, 425: true, 426: false, 429: true, 499: false,
		500: true, 501: true, 502: true, 503: true, 504: true, 520: true, 599: true, 600: false, 999: false,
	} {
		if got := RetryableStatus(status); got != want {
			t.Errorf("%d: %v", status, got)
		}
	}
}
