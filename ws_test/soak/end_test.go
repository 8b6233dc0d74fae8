package soak

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"sync"
)

// resetLater sends and receives until it resets the connection.
func resetLater(h *half) error {
	return both(h.receiveAll, func() error {
		err := h.sendStreams(2, thinkTime, mediumSize)
		h.do("reset")
		h.conn.reset()
		return err
	})
}

// halfClose sends until it closes its direction of the connection, and goes on to
// receive. All that it has sent must arrive.
func halfClose(h *half) error {
	pongs := make(chan string, 1<<10)
	return both(func() error { return h.receive(passPongs(pongs)) }, func() error {
		if err := h.sendStreams(2, thinkTime, mediumSize); err != nil {
			return err
		}
		if err := h.awaitPong("everything has left", pongs); err != nil {
			return err
		}
		h.do("close of one direction")
		if err := h.conn.closeWrite(); err != nil {
			return nil // the session has ended
		}
		h.flushed = true
		return h.awaitClose()
	})
}

// abandon drops both halves.
func abandon(h *half) error {
	if err := h.sendUntil(h.rng, thinkTime, smallSize); err != nil {
		return err
	}
	h.do("abandon")
	h.session, h.stream, h.view = nil, nil, nil
	return nil
}

// panicLater panics after some messages.
func panicLater(h *half) error {
	if err := h.sendUntil(h.rng, thinkTime, smallSize); err != nil {
		return err
	}
	h.do("panic")
	panic(errSoakPanic)
}

var errSoakPanic = errors.New("a panic of the soak")

// errorLog is the ErrorLog of the servers. What net/http logs of clients that do as they
// should is left out.
func errorLog(problem func(string)) *log.Logger {
	return log.New(&logWriter{problem: problem}, "", 0)
}

type logWriter struct{ problem func(string) }

func (w *logWriter) Write(b []byte) (int, error) {
	if !bytes.Contains(b, []byte(errSoakPanic.Error())) && !bytes.Contains(b, []byte("TLS handshake error")) {
		w.problem("the server logs " + strings.TrimSpace(string(b)))
	}
	return len(b), nil
}

// payloads are those of Pings that were sent and have not been answered.
type payloads struct {
	mu   sync.Mutex
	sent [][]byte
}

func (p *payloads) add(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, b)
}

// answered is called with the payload of a Pong. Pings before the one that it answers may stay
// without an answer (RFC 6455 §5.5.3). A Pong without payload may answer a Ping of the
// heartbeat: one that the peer has not read yet when it sends something else.
func (p *payloads) answered(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, sent := range p.sent {
		if bytes.Equal(sent, b) {
			p.sent = p.sent[i+1:]
			return nil
		}
	}
	return fmt.Errorf("Pong %q answers none of %d Pings", b, len(p.sent))
}

// refused asks for sessions in ways that the server refuses.
func refused(c *clients, r request) {
	rng := r.random(0)
	row := refusals[rng.IntN(len(refusals))]
	scheme := strings.Replace(c.networks[r.over].scheme, "ws", "http", 1)
	req, _ := http.NewRequest(row.method, scheme+"://soak/?"+r.query(), nil)
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	} {
		req.Header.Set(name, value)
	}
	req.Header.Del(row.header)
	if row.value != "" {
		req.Header.Set(row.header, row.value)
	}
	resp, err := c.networks[r.over].http.Do(req)
	if err != nil {
		c.fail(r, fmt.Errorf("%+v: %w", row, err))
		return
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != row.status && resp.StatusCode != http.StatusServiceUnavailable {
		c.fail(r, fmt.Errorf("%+v: %s", row, resp.Status))
	}
	c.counts.refused.Add(1)
}

// refusals are changes to a request for which it is refused.
var refusals = []struct {
	method, header, value string
	status                int
}{
	{"POST", "", "", http.StatusMethodNotAllowed},
	{"GET", "Upgrade", "", http.StatusUpgradeRequired},
	{"GET", "Connection", "", http.StatusUpgradeRequired},
	{"GET", "Sec-Websocket-Version", "12", http.StatusUpgradeRequired},
	{"GET", "Sec-Websocket-Key", "", http.StatusBadRequest},
	{"GET", "Sec-Websocket-Key", "c2hvcnQ=", http.StatusBadRequest},
	{"GET", "Origin", "http://other.example", http.StatusForbidden},
}
