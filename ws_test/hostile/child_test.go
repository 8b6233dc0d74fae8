package hostile_test

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// victimVariable is set in the environment of a victim.
const victimVariable = "HANDSET_HOSTILE_VICTIM"

// TestMain runs the tests, or a victim of theirs.
func TestMain(m *testing.M) {
	if os.Getenv(victimVariable) != "" {
		raiseDescriptors()
		runVictim()
		return
	}
	os.Exit(m.Run())
}

// child is a victim as the test sees it.
type child struct {
	t       *testing.T
	addr    string // of its server
	stop    func() // ends it
	mu      sync.Mutex
	orders  *json.Encoder
	answers *json.Decoder
}

// startVictim starts a victim, which ends with the test.
func startVictim(t *testing.T, s settings) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimVariable+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the victim: %v", err)
		}
	})
	t.Cleanup(stop)
	v := &child{t: t, stop: stop, orders: json.NewEncoder(in), answers: json.NewDecoder(out)}
	v.addr = v.do(order{Do: "serve", Settings: s}).Addr
	return v
}

// do has the victim do something. It must be called on the goroutine of the test.
func (v *child) do(o order) (a answer) {
	v.t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	err := v.orders.Encode(o)
	if err == nil {
		err = v.answers.Decode(&a)
	}
	if err == io.EOF {
		v.t.Fatal("the victim has ended")
	}
	if err != nil {
		v.t.Fatal(err)
	}
	return a
}

func (v *child) usage() usage   { return v.do(order{Do: "usage"}).Usage }
func (v *child) report() report { return v.do(order{Do: "report"}).Report }

// await waits until a report satisfies a condition, or for testTimeout. It returns the
// last report.
func (v *child) await(ok func(report) bool) (report, bool) {
	deadline := time.Now().Add(testTimeout)
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		if r := v.report(); ok(r) {
			return r, true
		} else if time.Now().After(deadline) {
			return r, false
		}
		<-time.After(pause) // another process has no event to wait for
	}
}

// testTimeout is how long anything may take on a busy machine.
const testTimeout = 20 * time.Second
