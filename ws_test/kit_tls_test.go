package ws_test

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
)

// tlsClient is a TLS connection to srv on conn.
func tlsClient(srv *httptest.Server, conn net.Conn) net.Conn {
	config := srv.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	config.ServerName = "example.com" // of httptest's certificate
	return tls.Client(conn, config)
}
