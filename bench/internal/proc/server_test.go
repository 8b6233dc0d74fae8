package proc

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// The test program is a server too, if its environment says so.
const roleVariable = "PROC_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "server":
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			os.Exit(1)
		}
		fmt.Printf(readyLine, listener.Addr(), listener.Addr())
		http.HandleFunc("/gc", func(http.ResponseWriter, *http.Request) {})
		http.HandleFunc("/spin", spin)
		http.Serve(listener, nil)
	case "client":
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			os.Exit(1)
		}
		fmt.Printf(readyLine, nowhere, listener.Addr())
		http.HandleFunc("/dial", func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, r.FormValue("n")+" to "+r.FormValue("url"), http.StatusTeapot)
		})
		http.Serve(listener, nil)
	case "babbler":
		fmt.Println("hello")
	}
}

// spin uses a processor for as long as it takes to see that.
func spin(http.ResponseWriter, *http.Request) {
	for start := time.Now(); time.Since(start) < 20*time.Millisecond; {
	}
}

func command(role string) Command {
	return Command{Args: []string{os.Args[0]}, Env: []string{roleVariable + "=" + role}, Core: Cores()[0]}
}

func TestAServerIsStartedMeasuredAndStopped(t *testing.T) {
	server, err := Start(command("server"))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	if err := server.GC(); err != nil {
		t.Error(err)
	}
	before, err := server.CPU()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Get(server.URL("/spin"))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if after, err := server.CPU(); err != nil || after <= before {
		t.Errorf("CPU went from %v to %v, %v", before, after, err)
	}
	if rss, err := server.RSS(); err != nil || rss < 1<<20 {
		t.Errorf("RSS is %d, %v", rss, err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", server.PID()))
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("Cpus_allowed_list:\t%d\n", Cores()[0]); !strings.Contains(string(status), want) {
		t.Errorf("not pinned: want %q in its status", want)
	}
	server.Stop()
	if _, err := os.Stat(fmt.Sprintf("/proc/%d", server.PID())); err == nil {
		t.Error("still there after Stop")
	}
}

func TestAClientServesNothingAndDialsWhenItIsAsked(t *testing.T) {
	client, err := Start(command("client"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Stop()
	if client.Addr.IsValid() {
		t.Errorf("it serves at %v", client.Addr)
	}
	if err := client.Dial("ws://127.0.0.1:1/a?b", 3); err == nil || !strings.Contains(err.Error(), "3 to ws://127.0.0.1:1/a?b") {
		t.Errorf("got %v, want what it answered", err)
	}
}

func TestAProgramThatIsNoServerIsAnError(t *testing.T) {
	for _, role := range []string{"babbler", "nobody"} {
		t.Run(role, func(t *testing.T) {
			if server, err := Start(command(role)); err == nil {
				server.Stop()
				t.Error("it was taken for a server")
			}
		})
	}
}

func TestRSSIsReadFromTheRollup(t *testing.T) {
	const rollup = "00400000-7fff r--p 00000000 00:00 0    [rollup]\nRss:                1234 kB\nPss:                 999 kB\n"
	if got, err := parseRSS(rollup); got != 1234<<10 || err != nil {
		t.Errorf("got %d, %v", got, err)
	}
	if got, err := parseRSS("Pss: 1 kB\n"); err == nil {
		t.Errorf("got %d from a file without it", got)
	}
}
