package main

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// patience limits every wait in these tests; none is expected to last as long.
const patience = 20 * time.Second

// asProgram makes the test binary run main instead of the tests.
const asProgram = "ECHO_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

func TestListenLogsAddress(t *testing.T) {
	records := recordLog(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- listen(ctx, "127.0.0.1:0") }()

	url := records.next(t, "listening")["url"].String()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("GET %s: %s", url, response.Status)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestListenAddressInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if err := listen(t.Context(), taken.Addr().String()); err == nil {
		t.Error("no error for an address that is in use")
	}
}

func TestCtrlC(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no way to send Ctrl-C to one process only")
	}
	program, url := startProgram(t)
	client := dial(t, url+"ws_echo")

	if err := program.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	client.expectClose(t, ws.CloseGoingAway)
	if err := program.Wait(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
}

// startProgram runs main in a process of its own and returns its address.
func startProgram(t *testing.T) (program *exec.Cmd, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program = exec.CommandContext(ctx, self, "-addr", "127.0.0.1:0")
	program.Env = append(os.Environ(), asProgram+"=1")
	stderr, err := program.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Process.Kill() })
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			return program, found[1]
		}
	}
	t.Fatal("the program did not log its address")
	return nil, ""
}

var listening = regexp.MustCompile(`listening url=(\S+)`)
