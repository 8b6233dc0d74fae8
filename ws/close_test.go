package ws

import (
	"errors"
	"io"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A reset is an error for the writer. The operating system reports it only once, so
// the reader then finds the end of the stream. The session ends at once, whichever
// comes first.
func TestLostConnectionEndsSessionAtOnce(t *testing.T) {
	reset, closed := lostBy(syscall.ECONNRESET), lostBy(io.EOF)
	for name, find := range map[string]func(s *Session){
		"the writer first": func(s *Session) { s.writeFailed(reset); s.readEnded(io.EOF, closed) },
		"the reader first": func(s *Session) { s.readEnded(io.EOF, closed); s.writeFailed(reset) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := startSession(t, &Upgrader{})
				if err := s.stream().lock(t.Context()); err != nil { // as the reader does
					t.Fatal(err)
				}
				_ = s.Binary(t.Context(), make([]byte, 1000)) // the peer reads nothing
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
