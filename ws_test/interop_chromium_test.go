package ws_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/handset-go/handset/internal/tooltest"
	"github.com/handset-go/handset/ws"
)

// chromiumText is typed into the page.
const chromiumText = "Hello, handset! 手机 📞"

// What testdata/chromium/echo.mjs reports.
type (
	chromiumVisit struct {
		Title, Connected, Reconnected     string
		Text, Binary, Mebibyte, TextAgain chromiumEcho
		Received                          string
		Pong, PongBefore                  string
		Median                            [2]string // shown, and as it should be
		Times                             []string
		Phone                             struct {
			Scrolled float64
			Inside   bool
		}
		Close, CloseWithoutCode chromiumClose
		Errors                  []string
	}
	chromiumEcho struct {
		Size int
		Took float64 // milliseconds
		Same bool
	}
	chromiumClose struct {
		Code   int
		Reason string
		Clean  bool
	}
)

// What a browser offers is always the same, and it sends no fragments of a
// page's making: the server's side varies. A page is slow with messages of
// 16 MiB, which it sends in every combination of takeover with the largest
// windows.
func TestInteropChromiumCompression(t *testing.T) {
	browser := tooltest.FindChromium(t)
	records, bits := records(16*mebibyte), []int{15, 9, 8}
	all := agreements(bits, bits)
	plans := make([][]planned, len(all))
	for i, a := range all {
		plans[i] = planUpTo(mebibyte)
		if a.ServerBits == 15 && a.ClientBits == 15 {
			plans[i] = planUpTo(16 * mebibyte)
		}
	}
	page, proxy := servePages(t, all, plans, records)
	var visits []struct {
		Extensions     string
		Messages, Code int
	}
	browser.Drive(t, &visits, "testdata/chromium/matrix.mjs", page, proxy.url, jsonOf(t, plans))
	if len(visits) != len(all) {
		t.Fatalf("%d visits of %d", len(visits), len(all))
	}
	calls := map[string]*proxiedConn{}
	for range all {
		c := await(t, proxy.conns, "the end of a call")
		calls[c.path] = c
	}
	for i, a := range all {
		t.Run(a.String(), func(t *testing.T) {
			a := a.negotiated()
			if v := visits[i]; v.Messages != len(plans[i]) || v.Code != 4321 || v.Extensions != a.answer(false) {
				t.Errorf("the browser saw %+v", v)
			}
			calls[fmt.Sprint("/", i)].expect(t, a, false, false, plans[i])
		})
	}
}

// servePages runs a server with a page, the payload, and an echo for each
// agreement, which is to be called through the proxy.
func servePages(t *testing.T, all []agreement, plans [][]planned, records []byte) (page string, proxy *proxy) {
	t.Helper()
	var echoes sync.WaitGroup
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "<!doctype html>") })
	mux.HandleFunc("/payload", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(records) })
	for i, a := range all {
		u := &ws.Upgrader{Compression: a.serverChooses(i), AllowAnyOrigin: true}
		mux.HandleFunc(fmt.Sprint("/", i), func(w http.ResponseWriter, r *http.Request) {
			echoes.Add(1)
			defer echoes.Done()
			session, stream, err := u.Handle(w, r)
			if err == nil {
				err = echoPlanned(session, stream.Aggregate(16*mebibyte), plans[i], records)
			}
			if err != nil {
				t.Errorf("%v: %v", a, err)
			}
		})
	}
	srv := serve(t, transports[0], mux)
	t.Cleanup(echoes.Wait) // which may report errors
	return srv.URL, newProxy(t, srv.Listener.Addr().String())
}

func TestInteropChromiumEchoExample(t *testing.T) {
	browser := tooltest.FindChromium(t)
	url, log, stop := startEchoExample(t)
	var visit chromiumVisit
	browser.Drive(t, &visit, "testdata/chromium/echo.mjs", url, chromiumText)

	if visit.Title != "handset echo" || visit.Connected != "Connected" || visit.Reconnected != "Connected" {
		t.Errorf("page %q showed %q on connect and %q on reconnect", visit.Title, visit.Connected, visit.Reconnected)
	}
	expectChromiumEcho(t, "text", visit.Text, len(chromiumText))
	expectChromiumEcho(t, "binary", visit.Binary, 1000)
	expectChromiumEcho(t, "1 MiB", visit.Mebibyte, 1<<20)
	expectChromiumEcho(t, "text after reconnect", visit.TextAgain, len(chromiumText))
	if visit.Received != chromiumText {
		t.Errorf("the text frame that came back says %q, typed was %q", visit.Received, chromiumText)
	}
	for _, pong := range []string{visit.PongBefore, visit.Pong} {
		if after, ok := strings.CutPrefix(pong, "pong after "); !ok || !isMillis(after) {
			t.Errorf("a ping ended with %q, want the time of its pong", pong)
		}
	}
	if visit.Median[0] != visit.Median[1] {
		t.Errorf("the median of two is %s, want %s", visit.Median[0], visit.Median[1])
	}
	for _, figure := range visit.Times {
		if strings.HasSuffix(figure, "s") && !isMillis(figure) {
			t.Errorf("a time is %q, not in ms with two places", figure)
		}
	}
	if !visit.Phone.Inside || visit.Phone.Scrolled != 0 {
		t.Errorf("on a phone the echo is not on the screen: %+v", visit.Phone)
	}
	if want := (chromiumClose{4321, "that is all", true}); visit.Close != want {
		t.Errorf("closed with %+v, want %+v", visit.Close, want)
	}
	if want := (chromiumClose{1005, "", true}); visit.CloseWithoutCode != want {
		t.Errorf("closed without a code with %+v, want %+v", visit.CloseWithoutCode, want)
	}
	if len(visit.Errors) > 0 {
		t.Errorf("the browser's console has errors: %q", visit.Errors)
	}

	stop()
	for _, line := range []string{"connected", "bytes=1048576", "code=4321", `reason="that is all"`, `pong`} {
		if !strings.Contains(log.String(), line) {
			t.Errorf("the server's log does not have %s:\n%s", line, log)
		}
	}
}

// isMillis is what the page shows times in.
var isMillis = regexp.MustCompile(`^[0-9,]+\.[0-9]{2} ms$`).MatchString

func expectChromiumEcho(t *testing.T, what string, echo chromiumEcho, size int) {
	t.Helper()
	if echo.Size != size || !echo.Same || echo.Took <= 0 {
		t.Errorf("%s: %+v, want the same %d bytes after some time", what, echo, size)
	}
}

// startEchoExample builds and runs examples/echo. Calling stop asks it to end,
// as Ctrl-C does; log then holds all it has logged.
func startEchoExample(t *testing.T) (url string, log *bytes.Buffer, stop func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*tooltest.Patience) // the build, the visit and the end
	t.Cleanup(cancel)
	binary := filepath.Join(t.TempDir(), "echo")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	if output, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "../examples/echo").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, output)
	}
	server := exec.CommandContext(ctx, binary, "-addr", "127.0.0.1:0")
	stderr, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	log = new(bytes.Buffer)
	logged := make(chan struct{})
	address := make(chan string, 1)
	go func() {
		defer close(logged)
		defer close(address)
		copyLog(log, bufio.NewScanner(stderr), address)
	}()
	stop = sync.OnceFunc(func() { endEchoExample(t, server, logged) })
	t.Cleanup(stop)
	url, ok := <-address
	if !ok {
		t.Fatalf("examples/echo did not log its address:\n%s", log)
	}
	return url, log, stop
}

var listeningAt = regexp.MustCompile(`listening url=(\S+)`)

// copyLog collects the lines, and sends on the first address it sees.
func copyLog(log *bytes.Buffer, lines *bufio.Scanner, address chan<- string) {
	for lines.Scan() {
		log.WriteString(lines.Text() + "\n")
		if found := listeningAt.FindStringSubmatch(lines.Text()); found != nil {
			select {
			case address <- found[1]:
			default: // logged twice
			}
		}
	}
}

// endEchoExample expects a clean end where there are signals, and kills the
// program where there are none.
func endEchoExample(t *testing.T, server *exec.Cmd, logged <-chan struct{}) {
	t.Helper()
	signalled := server.Process.Signal(syscall.SIGTERM) == nil
	if !signalled {
		server.Process.Kill()
	}
	<-logged
	if err := server.Wait(); signalled && err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("examples/echo ended with %v", err)
	}
}
