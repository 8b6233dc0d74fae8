package redial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// RetryableStatus reports whether a request that was refused with a status may succeed
// later.
func RetryableStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status >= 500 && status <= 599
}

// Lost reports whether err is that of a connection that was lost or could not be made.
func Lost(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// Final reports whether an error of connecting would be the same the next time, although
// it may be Lost: that of a certificate, of an address or URL, of a proxy that requires
// authentication, or of a context that was cancelled.
func Final(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		name         x509.HostnameError
		certificate  x509.CertificateInvalidError
		address      *net.AddrError
		parse        *url.Error
	)
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &name) || errors.As(err, &certificate) ||
		errors.As(err, &address) || errors.As(err, &parse) && parse.Op == "parse" ||
		isCancelled(err) || isProxyAuth(err)
}

// isCancelled reports whether err is that of a context that was cancelled. If the time of
// an attempt has passed, net/http may wrap both errors.
func isCancelled(err error) bool {
	return errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// isProxyAuth reports whether err is that of a proxy's status 407, or of a SOCKS proxy
// that refuses the user name and password (RFC 1928 §3, RFC 1929). net/http returns
// only their texts.
func isProxyAuth(err error) bool {
	if err == nil {
		return false
	}
	for _, text := range []string{
		http.StatusText(http.StatusProxyAuthRequired), "no acceptable authentication methods", "username/password authentication failed",
	} {
		if strings.HasSuffix(err.Error(), text) {
			return true
		}
	}
	return false
}
