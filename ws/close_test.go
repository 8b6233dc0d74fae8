package ws

import (
	"errors"
	"io"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A reset reaches the writer as an error and, since that has taken it, the reader
// as the end of the stream. Neither may leave the end to the other.
func TestLostConnectionEndsSessionAtOnce(t *testing.T) {
	reset, closed := lostBy(syscall.ECONNRESET), lostBy(io.EOF)
	for name, find := range map[string]func(s *Session){
		"the writer first": func(s *Session) { s.writeFailed(reset); s.readEnded(io.EOF, closed) },
		"the reader first": func(s *Session) { s.readEnded(io.EOF, closed); s.writeFailed(reset) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := startSession(t, &Upgrader{})
				if err := s.stream().lock(t.Context()); err != nil { // as the reader that finds it
					t.Fatal(err)
				}
				_ = s.Binary(t.Context(), make([]byte, 1000)) // which the peer never takes
				synctest.Wait()
				began := time.Now()
				find(s)
				<-s.Done()
				if took := time.Since(began); took > 0 {
					t.Errorf("it took %v", took)
				}
				if err := s.Err(); !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Error(err)
				}
			})
		})
	}
}
