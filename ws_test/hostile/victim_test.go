package hostile_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

// settings are the options of a victim. Their zero values are those of the library.
type settings struct {
	TLS               bool
	Compression       bool // by itself for each message
	Takeover          bool // compression with context takeover
	FollowRedirects   bool
	MessageTimeout    time.Duration
	CloseTimeout      time.Duration
	WriteTimeout      time.Duration
	ReadHeaderTimeout time.Duration // of the http.Server
	DialTimeout       time.Duration // of each Dial
}

// limit is the longest message that a victim receives.
const limit = 1 << 20

// order is what the test asks of a victim.
type order struct {
	Do       string // serve, dial, usage, report, publish or shut
	Settings settings
	URL      string // to dial
	Count    int    // of dials
	Size     int    // of a message that is published
}

// answer is what a victim answers.
type answer struct {
	Addr   string
	Usage  usage
	Report report
}

// report is what has become of a victim's sessions.
type report struct {
	Sessions int               // that are open
	Dialing  int               // dials that have not returned
	Dialed   int               // dials that succeeded
	Failed   int               // dials that failed, or handshakes that were refused
	Failures map[string]int    // by error
	TooBig   int               // messages beyond the limit
	Ends     map[string]uint64 // sessions that have ended, by reason
	Received uint64            // bytes of frames
	Queued   int               // bytes that are to be sent
	Members  int               // of the group
	Groups   int
}

// victim is the process that is attacked.
type victim struct {
	upgrader ws.Upgrader
	dialer   ws.Dialer
	server   *httptest.Server
	groups   *group.Groups
	serving  sync.WaitGroup
	dialing  atomic.Int32
	dialed   atomic.Int32
	tooBig   atomic.Int32

	mu       sync.Mutex
	failures map[string]int
}

// runVictim does what it is ordered on its standard input, until that ends.
func runVictim() {
	v := &victim{failures: map[string]int{}, groups: group.New(nil, group.Options{UnsubscribeDelay: -1})}
	orders, answers := json.NewDecoder(bufio.NewReader(os.Stdin)), json.NewEncoder(os.Stdout)
	meter := startMeter()
	for {
		var o order
		if err := orders.Decode(&o); err != nil {
			return
		}
		var a answer
		switch o.Do {
		case "serve":
			a.Addr = v.serve(o.Settings)
		case "dial":
			v.dial(o)
		case "publish":
			_ = v.groups.Publish(context.Background(), groupName, ws.Binary, make([]byte, o.Size))
		case "usage":
			a.Usage = meter.usage()
		case "report":
			a.Report = v.report()
		case "shut":
			v.shut()
		}
		if err := answers.Encode(a); err != nil {
			return
		}
	}
}

// groupName is the group that sessions of /join are members of.
const groupName = "all"

func (s settings) options() ws.Options {
	return ws.Options{MessageTimeout: s.MessageTimeout, CloseTimeout: s.CloseTimeout, WriteTimeout: s.WriteTimeout}
}

func (s settings) compression() ws.Compression {
	switch {
	case s.Takeover:
		return ws.Dense()
	case s.Compression:
		return ws.Frugal()
	}
	return ws.Compression{}
}

// serve starts the server, and prepares the dialer.
func (v *victim) serve(s settings) (addr string) {
	v.upgrader.Options, v.upgrader.Compression = s.options(), s.compression()
	v.dialer.Options, v.dialer.Compression, v.dialer.FollowRedirects = s.options(), s.compression(), s.FollowRedirects
	v.dialer.HTTPClient = &http.Client{
		Timeout:   s.DialTimeout,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	}
	v.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, stream, err := v.upgrader.Handle(w, r)
		if err != nil {
			v.failed(err)
			return
		}
		v.serving.Go(func() { v.session(r.URL.Path, session, stream) })
	}))
	v.server.Config.ReadHeaderTimeout = s.ReadHeaderTimeout
	v.server.Config.ErrorLog = quiet
	if s.TLS {
		v.server.StartTLS()
	} else {
		v.server.Start()
	}
	return v.server.Listener.Addr().String()
}

// dial starts dials and returns. Each session does what the path of the URL says.
func (v *victim) dial(o order) {
	v.dialing.Add(int32(o.Count))
	path := o.URL[strings.LastIndexByte(o.URL, '/'):]
	for range o.Count {
		v.serving.Go(func() {
			session, stream, err := v.dialer.Dial(context.Background(), o.URL)
			if err != nil {
				v.failed(err)
			} else {
				v.dialed.Add(1)
			}
			v.dialing.Add(-1)
			if err == nil {
				v.session(path, session, stream)
			}
		})
	}
}

func (v *victim) failed(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	text := err.Error()
	var refused *ws.HandshakeError
	if errors.As(err, &refused) {
		text = refused.Err.Error()
	}
	v.failures[text[:min(len(text), 200)]]++
}

// session serves a session: /echo sends every message back, /receive only receives, and
// /join does so as a member of a group.
func (v *victim) session(path string, session *ws.Session, stream *ws.MessageStream) {
	ctx := context.Background()
	defer session.Close(ws.CloseReason{})
	if path == "/join" {
		if err := v.groups.Join(ctx, groupName, session); err != nil {
			return
		}
	}
	for msg, err := range stream.Aggregate(limit).All(ctx) {
		switch {
		case errors.Is(err, ws.ErrMessageTooBig):
			v.tooBig.Add(1)
		case err != nil:
			return
		case path == "/echo" && (msg.Kind == ws.Text || msg.Kind == ws.Binary):
			if session.Send(ctx, msg) != nil {
				return
			}
		}
	}
}

func (v *victim) report() report {
	server, client := v.upgrader.Stats(), v.dialer.Stats()
	r := report{
		Sessions: server.Sessions + client.Sessions, Received: server.In.Wire + client.In.Wire, Queued: server.Queued + client.Queued, Ends: map[string]uint64{}, Failures: map[string]int{},
		Dialing: int(v.dialing.Load()), Dialed: int(v.dialed.Load()), TooBig: int(v.tooBig.Load()),
		Members: v.groups.Len(groupName),
	}
	for range v.groups.Names() {
		r.Groups++
	}
	for _, stats := range []ws.Stats{server, client} {
		for reason, n := range stats.Ends {
			if n > 0 {
				r.Ends[reason.String()] += n
			}
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for text, n := range v.failures {
		r.Failures[text] = n
		r.Failed += n
	}
	return r
}

// shut ends everything.
func (v *victim) shut() {
	_ = v.upgrader.Close()
	_ = v.dialer.Close()
	v.server.CloseClientConnections()
	v.server.Close()
	v.serving.Wait()
	v.groups.Close()
}
