package ws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/ws"
)

const fragment = 16 << 10 // a Writer's buffer, and so its fragments

// A message is the same whatever the sizes of the writes.
func TestWriterWriteSizes(t *testing.T) {
	overCompressions(t, &ws.Upgrader{}, func(t *testing.T, _ transport, p *compressing) {
		for _, length := range []int{0, 1, fragment - 1, fragment, fragment + 1, 2 * fragment, 100_000} {
			for _, step := range []int{1, 7, 1000, fragment, 1 << 20} {
				if step == 1 && length > fragment+1 {
					continue
				}
				t.Run(fmt.Sprintf("len=%d,step=%d", length, step), func(t *testing.T) {
					text := strings.Repeat("0123456789xé", length/13+1)[:length] // the third boundary is inside an é
					text = strings.ToValidUTF8(text, "_")
					sent := make(chan error, 1)
					go func() { sent <- writeMessage(p.session.Writer(t.Context(), ws.Text), text, step) }()
					if p.extensions == "" {
						expectWritten(t, p.client, text)
					} else { // whose frames have no fixed length
						p.expectMessage(opText, []byte(text))
					}
					if err := await(t, sent, "the writer's end"); err != nil {
						t.Fatal(err)
					}
				})
			}
		}
	})
}

func writeMessage(w io.WriteCloser, text string, step int) error {
	for i := 0; i < len(text); i += step {
		part := text[i:min(i+step, len(text))]
		if n, err := io.WriteString(w, part); err != nil || n != len(part) {
			return fmt.Errorf("Write returned %d, %w", n, err)
		}
	}
	return w.Close()
}

// expectWritten expects a text message in fragments of 16 KiB, in one frame if
// it is no longer than that.
func expectWritten(t *testing.T, c *client, text string) {
	t.Helper()
	open := new(assembly)
	for first := true; ; first = false {
		f, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		message, whole, err := open.add(f)
		switch {
		case err != nil:
			t.Fatal(err)
		case first && f.opcode() != opText:
			t.Fatalf("frame %#x begins the message", f.first)
		case first && whole != (len(text) <= fragment):
			t.Fatalf("a message of %d bytes: whole in one frame is %t", len(text), whole)
		case !whole && len(f.payload) != fragment:
			t.Fatalf("a fragment has %d bytes", len(f.payload))
		case whole && string(message) != text:
			t.Fatalf("got %d bytes, want %d", len(message), len(text))
		case whole:
			return
		}
	}
}

func TestWriterKeepsShortMessageUntilClose(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		w := p.session.Writer(t.Context(), ws.Binary)
		_, _ = io.WriteString(w, "hello ")
		if err := p.session.Text(t.Context(), "other"); err != nil { // which need not wait
			t.Fatal(err)
		}
		p.expect(opText, "other")
		_, _ = io.WriteString(w, "world")
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		p.expect(opBinary, "hello world")
	})
}

func TestWriterAfterClose(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		p := on.connect(t, &ws.Upgrader{})
		w := p.session.Writer(testContext(t), ws.Text)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		p.expect(opText, "")
		if n, err := io.WriteString(w, "late"); n != 0 || err == nil {
			t.Errorf("Write returned %d, %v", n, err)
		}
		if err := w.Close(); err == nil {
			t.Error("Close again returned no error")
		}
		if err := p.session.Text(testContext(t), "alone"); err != nil {
			t.Fatal(err)
		}
		p.expect(opText, "alone")
	})
}

func TestWriterFailsBeforeFirstFragment(t *testing.T) {
	inSynctest(t, &ws.Upgrader{Options: ws.Options{SendBuffer: 100}}, func(t *testing.T, p *pair) {
		full := strings.Repeat("x", 98)
		if err := p.session.Text(t.Context(), full); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		w := p.session.Writer(ctx, ws.Text)
		go func() {
			synctest.Wait()
			cancel()
		}()
		if n, err := io.WriteString(w, strings.Repeat("y", 20_000)); n != 0 || err != context.Canceled {
			t.Fatalf("Write returned %d, %v", n, err)
		}
		if n, err := io.WriteString(w, "more"); n != 0 || err != context.Canceled {
			t.Fatalf("Write after that returned %d, %v", n, err)
		}
		if err := w.Close(); err != context.Canceled {
			t.Fatalf("Close returned %v", err)
		}
		p.expect(opText, full)
		if err := p.session.Text(t.Context(), "open"); err != nil {
			t.Fatal(err)
		}
		p.expect(opText, "open")
	})
}

// A Writer that fails inside a message ends the session.
func TestWriterFailsInsideMessage(t *testing.T) {
	for name, spoil := range map[string]func(w io.Writer, cancel func()) error{
		"context": func(w io.Writer, cancel func()) error {
			cancel()
			_, err := w.Write(make([]byte, fragment))
			return err
		},
		"text": func(w io.Writer, cancel func()) error {
			_, err := io.WriteString(w, "\xff"+strings.Repeat("x", 2*fragment))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				w := p.session.Writer(ctx, ws.Text)
				if _, err := io.WriteString(w, strings.Repeat("x", fragment+1)); err != nil {
					t.Fatal(err)
				}
				failed := spoil(w, cancel)
				if failed == nil {
					t.Fatal("Write returned no error")
				}
				if err := w.Close(); !errors.Is(err, failed) {
					t.Fatalf("Close returned %v, want %v", err, failed)
				}
				expectFrames(t, p.client, serverFrame{opText, []byte(strings.Repeat("x", fragment))})
				p.expectClose(int(ws.CloseInternalError))
			})
		})
	}
}

// It is checked by the boundaries of fragments, so nothing is compressed: the Writers of
// TestSendersKeepOrderAndDoNotMix are.
func TestWritersDoNotMix(t *testing.T) {
	inSynctest(t, &ws.Upgrader{Options: ws.Options{SendBuffer: 1000}}, func(t *testing.T, p *pair) {
		first := p.session.Writer(t.Context(), ws.Text)
		second := p.session.Writer(t.Context(), ws.Text)
		text := strings.Repeat("1", fragment+1)
		if _, err := io.WriteString(first, text); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 2)
		go func() { done <- writeMessage(second, strings.Repeat("2", 3*fragment), fragment) }()
		synctest.Wait()
		go func() { done <- writeMessage(first, strings.Repeat("1", fragment), 1000) }()
		expectWritten(t, p.client, text+strings.Repeat("1", fragment))
		expectWritten(t, p.client, strings.Repeat("2", 3*fragment))
		if err := errors.Join(<-done, <-done); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWriterKinds(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		p := on.connect(t, &ws.Upgrader{})
		for kind := range ws.Kind(20) {
			if kind == ws.Text || kind == ws.Binary {
				continue
			}
			w := p.session.Writer(testContext(t), kind)
			if n, err := io.WriteString(w, "x"); n != 0 || err == nil {
				t.Errorf("%v: Write returned %d, %v", kind, n, err)
			}
			if err := w.Close(); err == nil {
				t.Errorf("%v: Close returned no error", kind)
			}
		}
		if err := p.session.Text(testContext(t), "marker"); err != nil {
			t.Fatal(err)
		}
		p.expect(opText, "marker")
	})
}

func TestWriterIOCopyIsOneMessage(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		p := on.connect(t, &ws.Upgrader{})
		text := strings.Repeat("0123456789", 50_000)
		sent := make(chan error, 1)
		go func() {
			w := p.session.Writer(context.Background(), ws.Text)
			_, err := io.Copy(w, strings.NewReader(text))
			sent <- errors.Join(err, w.Close())
		}()
		expectWritten(t, p.client, text)
		if err := await(t, sent, "the writer's end"); err != nil {
			t.Fatal(err)
		}
	})
}
