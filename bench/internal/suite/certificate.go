package suite

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// certificate is one for the servers that speak TLS, made when first needed.
type certificate struct {
	dir, certFile, keyFile string
}

func (c *certificate) write() error {
	if c.dir != "" {
		return nil
	}
	cert, key, err := selfSigned()
	if err != nil {
		return err
	}
	if c.dir, err = os.MkdirTemp("", "handset-bench-"); err != nil {
		return err
	}
	c.certFile, c.keyFile = filepath.Join(c.dir, "cert.pem"), filepath.Join(c.dir, "key.pem")
	if err := writePEM(c.certFile, "CERTIFICATE", cert); err != nil {
		return err
	}
	return writePEM(c.keyFile, "PRIVATE KEY", key)
}

func (c *certificate) remove() { os.RemoveAll(c.dir) }

func writePEM(file, kind string, der []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

// selfSigned is a certificate for this machine, good for a day.
func selfSigned() (cert, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if cert, err = x509.CreateCertificate(rand.Reader, &template, &template, private.Public(), private); err != nil {
		return nil, nil, err
	}
	key, err = x509.MarshalPKCS8PrivateKey(private)
	return cert, key, err
}
