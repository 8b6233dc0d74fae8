package ws

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// If a check is late because the process did not run, the peer still has all of its
// time, and the reader has time to receive.
func TestHeartbeatAfterPause(t *testing.T) {
	p := intervals{interval: 16_000, timeout: 16_000}
	for _, test := range []struct {
		name          string
		before, pause time.Duration // time after the Ping in which the process runs and does not
		then          time.Duration // how much longer it runs
	}{
		{"a pause after the Ping", 0, time.Hour, 16 * time.Second},
		{"a pause later", 10 * time.Second, time.Minute, 6 * time.Second},
		{"a pause just before the end", 15*time.Second + 999*time.Millisecond, 16 * time.Second, time.Second},
		{"a short pause", 10 * time.Second, 10 * time.Millisecond, 6 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, peer := startSession(t, &Upgrader{Options: Options{Heartbeat: Heartbeat{Interval: -1}}})
				go func() { _, _ = io.Copy(io.Discard, peer) }()
				go func() { _, _ = s.stream().Recv(context.Background()) }()
				time.Sleep(millis(p.interval))
				s.checkHeartbeat(coarse(), 0, p)
				synctest.Wait()
				if s.registry.pings.Load() != 1 {
					t.Fatal("no Ping was written")
				}
				time.Sleep(test.before)
				s.checkHeartbeat(coarse(), 0, p)
				time.Sleep(test.pause)
				s.checkHeartbeat(coarse(), uint32(test.pause.Milliseconds()), p)
				for ran := time.Duration(0); ran < test.then; ran += time.Millisecond {
					if s.ended() != nil {
						t.Fatalf("ended %v after the pause, want %v", ran, test.then)
					}
					time.Sleep(time.Millisecond)
					s.checkHeartbeat(coarse(), 0, p)
				}
				if err := s.Err(); err != ErrHeartbeatTimeout {
					t.Errorf("%v after the pause: %v", test.then, err)
				}
				s.end(ErrShutdown)
			})
		})
	}
}

// MessageTimeout does not count time in which the process did not run.
func TestMessageTimeoutAfterPause(t *testing.T) {
	p := intervals{message: 16_000}
	synctest.Test(t, func(t *testing.T) {
		s, peer := startSession(t, &Upgrader{Options: Options{Heartbeat: Heartbeat{Interval: -1}, MessageTimeout: time.Hour}})
		go func() { _, _ = io.Copy(io.Discard, peer) }()
		received := make(chan error, 1)
		go func() { _, err := s.stream().Recv(context.Background()); received <- err }()
		_, _ = peer.Write([]byte{0x82, 0x85, 0, 0, 0, 0, 1, 2})
		synctest.Wait()
		time.Sleep(30 * time.Minute)
		s.checkMessageTimeout(coarse(), 1_800_000, p)
		time.Sleep(14 * time.Second)
		s.checkMessageTimeout(coarse(), 0, p)
		_, _ = peer.Write([]byte{3, 4, 5})
		if err := <-received; err != nil {
			t.Error(err)
		}
		s.end(ErrShutdown)
	})
}
