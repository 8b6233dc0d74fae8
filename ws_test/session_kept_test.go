package ws_test

import (
	"io"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// waysToKeep are the references with which a session goes on, and how it is used through them.
var waysToKeep = map[string]func(s *ws.Session, m *ws.MessageStream) (goOn func() error){
	"the session": func(s *ws.Session, _ *ws.MessageStream) func() error {
		return func() error { return s.Text(forever, "still here") }
	},
	"a method of the session": func(s *ws.Session, _ *ws.MessageStream) func() error {
		text := s.Text
		return func() error { return text(forever, "still here") }
	},
	"the stream": func(_ *ws.Session, m *ws.MessageStream) func() error {
		return func() error { return recvGoOn(m) }
	},
	"an aggregate": func(_ *ws.Session, m *ws.MessageStream) func() error {
		a := m.Aggregate(0)
		return func() error { return recvGoOn(a) }
	},
	"a sequence": func(_ *ws.Session, m *ws.MessageStream) func() error {
		all := m.All(forever)
		return func() error {
			for msg, err := range all {
				if err != nil || string(msg.Data) == "go on" {
					return err
				}
			}
			return io.EOF
		}
	},
	"a writer": func(s *ws.Session, _ *ws.MessageStream) func() error {
		w := s.Writer(forever, ws.Text)
		_, err := io.WriteString(w, "still here")
		must(err)
		return w.Close
	},
	"a Recv that waits": func(s *ws.Session, m *ws.MessageStream) func() error {
		got := make(chan error, 1)
		go func() { got <- recvGoOn(m) }()
		return func() error { return <-got }
	},
	"a loop that waits": func(_ *ws.Session, m *ws.MessageStream) func() error {
		got := make(chan error, 1)
		go func() {
			for msg, err := range m.Aggregate(0).All(forever) {
				if err != nil || string(msg.Data) == "go on" {
					got <- err
					return
				}
			}
		}()
		return func() error { return <-got }
	},
	"a loop's body": func(_ *ws.Session, m *ws.MessageStream) func() error {
		got, goOn := make(chan error, 1), make(chan bool)
		go func() {
			for _, err := range m.All(forever) {
				if err != nil {
					got <- err
					return
				}
				<-goOn
			}
			got <- nil
		}()
		return func() error {
			close(goOn)
			return nil
		}
	},
	"a channel": func(_ *ws.Session, m *ws.MessageStream) func() error {
		messages := m.Chan()
		return func() error {
			for msg := range messages {
				if string(msg.Data) == "go on" {
					return nil
				}
			}
			return io.EOF
		}
	},
	"Discard": func(_ *ws.Session, m *ws.MessageStream) func() error {
		must(m.Discard())
		return func() error { return nil }
	},
}

func recvGoOn(l view) error {
	for {
		if msg, err := l.Recv(forever); err != nil || string(msg.Data) == "go on" {
			return err
		}
	}
}

// A session that is referenced or in use goes on.
func TestKeptSessionGoesOn(t *testing.T) {
	for name, keep := range waysToKeep {
		for _, env := range environments {
			t.Run(name+","+env.name, func(t *testing.T) {
				t.Parallel()
				u := new(ws.Upgrader)
				kept := make(chan func() error, 1)
				from, c := env.begin(t, u, func(s *ws.Session, m *ws.MessageStream) { kept <- keep(s, m) })
				go func() { _, _ = io.Copy(io.Discard, c.br) }()
				goOn := await(t, kept, "the handler's end")
				for range 3 {
					runGC()
				}
				if stats := from.Stats(); stats.Sessions != 1 || len(stats.Ends) > 0 {
					t.Fatalf("counted %+v", stats)
				}
				go c.conn.Write(masked(fin|opText, []byte("go on")))
				if err := goOn(); err != nil {
					t.Errorf("what goes on ended with %v", err)
				}
				_ = c.conn.Close()
				_ = from.Close()
			})
		}
	}
}

func TestKeptByWaitingSend(t *testing.T) {
	messages := 1000
	if raceDetector {
		messages = 300 // more than the system's buffers have room for
	}
	for _, env := range environments {
		t.Run(env.name, func(t *testing.T) {
			t.Parallel()
			u := &ws.Upgrader{Options: ws.Options{SendBuffer: 1000, WriteTimeout: testTimeout / 5}}
			sent := make(chan error, 1)
			from, c := env.begin(t, u, func(s *ws.Session, _ *ws.MessageStream) {
				var err error
				for i := 0; err == nil && i < messages; i++ {
					err = s.Binary(forever, make([]byte, 100_000))
				}
				sent <- err
			})
			for range 3 {
				runGC()
			}
			go func() { _, _ = io.Copy(io.Discard, c.br) }()
			if err := await(t, sent, "the sends' end"); err != nil {
				t.Error(err)
			}
			if strings.HasSuffix(env.name, "tcp") { // on others the timer references it for a quarter of WriteTimeout
				runGCUntil(t, "the session has ended", func() bool { return from.Stats().Ends[ws.EndAbandoned] == 1 })
			}
			_ = from.Close()
		})
	}
}

// The channel's goroutine reads the stream, even if the channel is not referenced.
func TestUnreferencedChanEndsWithPeer(t *testing.T) {
	for _, env := range environments {
		t.Run(env.name, func(t *testing.T) {
			u := new(ws.Upgrader)
			from, c := env.begin(t, u, func(_ *ws.Session, m *ws.MessageStream) { m.Chan() })
			waitUntil(t, "the session has begun", func() bool { return from.Stats().Sessions == 1 })
			runGC()
			_ = c.conn.Close()
			waitUntil(t, "the session has ended", func() bool { return from.Stats().Ends[ws.EndConnectionLost] == 1 })
		})
	}
}
