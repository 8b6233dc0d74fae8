package grouptest

import (
	"bytes"
	"errors"
	"testing"

	"github.com/handset-go/handset/group"
)

func testData(t *testing.T, a, b group.Broker) {
	name := t.Name()
	r := subscribe(t, b, name)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	values := [][]byte{nil, {}, {0}, []byte("text"), []byte("\r\n"), []byte("+OK\r\n$-1\r\n"), all, bytes.Repeat(all, 256)}
	for _, value := range values {
		data := bytes.Clone(value)
		if err := a.Publish(deadline(t), name, data); err != nil {
			t.Fatalf("Publish of %d bytes: %v", len(value), err)
		}
		if !bytes.Equal(data, value) {
			t.Errorf("Publish has modified its data")
		}
	}
	for i, e := range r.messages(t, len(values)) {
		if !bytes.Equal(e.Data, values[i]) {
			t.Errorf("message %d is %.50q, want %.50q", i, e.Data, values[i])
		}
	}
}

// The data does not change while receive runs, although further messages arrive.
func testDataValid(t *testing.T, a, b group.Broker) {
	name := t.Name()
	other := subscribe(t, b, name+" other")
	finished := make(chan struct{}, 20)
	r := subscribeWith(t, b, name, func(_ *recorder, e group.Event) {
		before := bytes.Clone(e.Data)
		for range 10 {
			if err := a.Publish(deadline(t), name+" other", bytes.Repeat([]byte("x"), len(e.Data))); err != nil {
				t.Errorf("Publish: %v", err)
			}
		}
		if !bytes.Equal(before, e.Data) {
			t.Errorf("data has changed to %q from %q", e.Data, before)
		}
		finished <- struct{}{}
	})
	for i := range 20 {
		publish(t, a, name, string(bytes.Repeat([]byte{'a' + byte(i)}, 100)))
	}
	r.messages(t, 20)
	for range 20 {
		<-finished
	}
	other.messages(t, 200)
}

// A message that is too large for the broker is refused and does no harm.
func testLargeData(t *testing.T, a, b group.Broker) {
	name := t.Name()
	r := subscribe(t, b, name)
	for _, size := range []int{64 << 10, 1 << 20, 1<<20 + 1, 3 << 20} {
		before, _ := r.snapshot()
		data := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		err := a.Publish(deadline(t), name, data)
		if errors.Is(err, group.ErrTooLarge) && size > 64<<10 {
			publish(t, a, name, "refused")
			data, err = []byte("refused"), nil
		}
		if err != nil {
			t.Fatalf("Publish of %d bytes: %v", size, err)
		}
		events := r.messages(t, len(before)+1)
		if got := events[len(before)].Data; !bytes.Equal(got, data) {
			t.Fatalf("received %d bytes, want the %d that were published", len(got), size)
		}
	}
}
