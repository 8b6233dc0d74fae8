package group

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/handset-go/handset/ws"
)

// Options are the options of Groups. The zero value is valid.
type Options struct {
	// Slow determines what happens to a member whose send queue is full. The zero
	// value is CloseSlow.
	Slow SlowPolicy

	// Missed, if not nil, is called when DropNewest has dropped a message for
	// a member. It is called by the goroutine that delivers, or that calls PublishLocal,
	// possibly concurrently, also for one group. It must not block and must not call
	// Publish or PublishLocal.
	Missed func(group string, session *ws.Session)

	// Format, if not nil, returns the data that the members receive for a message,
	// for example with its position. It is called once for each message and process,
	// and not once for each member, by the goroutine that delivers; and again when
	// JoinRecent or Resume sends the message. It must be safe for concurrent use, and
	// must not publish or call Leave or Close. The Data of the message is valid until
	// Format returns. The result is not modified, and must be UTF-8 if the kind is Text.
	Format func(Message) []byte

	// Gap, if not nil, is called when messages of a group may not have reached the
	// members of this process, because the broker has lost them. The error says why.
	// It is called in order with the deliveries: the messages before the call may be
	// incomplete, and the messages whose Publish begins after it arrive. It is
	// called by the goroutine that delivers, for different groups concurrently. It must
	// not block and must not call Publish; PublishLocal is the way to tell the members.
	Gap func(group string, err error)

	// LocalFallback makes Publish deliver a message to the members of this process if
	// the broker cannot be reached. Publish then returns an error that wraps
	// ErrLocalOnly. Members of other processes do not receive the message.
	LocalFallback bool

	// UnsubscribeDelay is how long the subscription at the broker is kept after the
	// last member of a group in this process has left. Zero means 5 s; a negative
	// value means that it is ended at once.
	UnsubscribeDelay time.Duration

	// MaxResume is the largest number of messages that Resume sends. If more have
	// been missed, it returns ErrCannotResume. Zero means 1,000; a negative value
	// means none.
	MaxResume int
}

const (
	defaultUnsubscribeDelay = 5 * time.Second
	defaultMaxResume        = 1000
)

// A Message is a message that was published to a group.
type Message struct {
	Group    string
	Kind     ws.Kind // Text or Binary
	Data     []byte
	Position Position // the zero Position if the broker has no History or the message is local
}

// Groups are the groups that the sessions of one process are members of. All its
// methods are safe for concurrent use.
type Groups struct {
	broker  Broker
	history History // nil if the broker has none
	options Options
	origin  uint64          // identifies these Groups among all of the broker
	ctx     context.Context // cancelled by Close, with mu locked
	cancel  context.CancelFunc
	counts  counts

	mu       sync.Mutex // locked before group.mu
	groups   map[string]*group
	sessions map[*ws.Session]*memberships
	lastID   uint64 // of memberships
}

// Errors of Groups.
var (
	// ErrClosed is returned after Groups.Close.
	ErrClosed = errors.New("group: closed")

	// ErrLocalOnly is wrapped by the error of Publish if the message has been
	// delivered to the members of this process only; see Options.LocalFallback.
	ErrLocalOnly = errors.New("group: message was delivered in this process only")

	// ErrNoHistory is returned by JoinRecent and Resume if the broker does not
	// implement History.
	ErrNoHistory = errors.New("group: broker has no history")

	// ErrMember is returned by JoinRecent and Resume if the session is a member of
	// the group already.
	ErrMember = errors.New("group: session is a member already")

	// ErrLeft is returned by JoinRecent and Resume if Leave was called for the session
	// meanwhile, but not if the session has ended or the Groups were closed.
	ErrLeft = errors.New("group: session has left the group")

	// ErrTooSlow is returned by JoinRecent and Resume if a session accepts the stored
	// messages too slowly, and more than 1,024 new ones have arrived meanwhile.
	ErrTooSlow = errors.New("group: session is too slow to catch up")
)

// New returns Groups without members. Several processes that use the same broker
// share their groups. If broker is nil, it is a new MemoryBroker. Groups start no
// goroutine until the first Join.
func New(broker Broker, options Options) *Groups {
	if broker == nil {
		broker = &MemoryBroker{}
	}
	gs := &Groups{
		broker:   broker,
		options:  options,
		groups:   map[string]*group{},
		sessions: map[*ws.Session]*memberships{},
	}
	gs.history, _ = broker.(History)
	gs.options.UnsubscribeDelay = cmp.Or(options.UnsubscribeDelay, defaultUnsubscribeDelay)
	gs.options.MaxResume = max(cmp.Or(options.MaxResume, defaultMaxResume), 0)
	gs.ctx, gs.cancel = context.WithCancel(context.Background())
	var random [8]byte
	rand.Read(random[:])
	gs.origin = binary.BigEndian.Uint64(random[:])
	return gs
}

// isClosed reports whether Close was called.
func (gs *Groups) isClosed() bool { return gs.ctx.Err() != nil }

// group returns a group, or nil if there is none.
func (gs *Groups) group(name string) *group {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	return gs.groups[name]
}

// Members returns the sessions of this process that are members of a group, as a
// sequence for a range loop, each once, in no particular order. Sessions that join
// during the loop are not yielded. No lock is held while the body of the loop runs.
func (gs *Groups) Members(name string) iter.Seq[*ws.Session] {
	return func(yield func(*ws.Session) bool) {
		g := gs.group(name)
		if g == nil {
			return
		}
		for _, m := range g.appendMembers(nil) {
			if !m.left.Load() && !yield(m.session) {
				return
			}
		}
	}
}

// Len returns the number of sessions of this process that are members of a group.
func (gs *Groups) Len(name string) int {
	if g := gs.group(name); g != nil {
		return g.len()
	}
	return 0
}

// Names returns the names of the groups that have members in this process, as a
// sequence for a range loop, in no particular order. No lock is held while the body of
// the loop runs.
func (gs *Groups) Names() iter.Seq[string] {
	return func(yield func(string) bool) {
		gs.mu.Lock()
		names := make([]string, 0, len(gs.groups))
		for name, g := range gs.groups {
			if g.len() > 0 {
				names = append(names, name)
			}
		}
		gs.mu.Unlock()
		for _, name := range names {
			if !yield(name) {
				return
			}
		}
	}
}

// Close removes all members from their groups and ends the subscriptions. When it has
// returned, nothing more is sent to the sessions, which stay open. The broker stays
// open, too. Close returns the first error of the broker.
func (gs *Groups) Close() error {
	gs.mu.Lock()
	gs.cancel()
	var members []*member
	for _, joined := range gs.sessions {
		members = append(members, joined.members...)
	}
	groups := gs.groups
	gs.groups = nil
	for _, g := range groups {
		g.stopTimerLocked()
	}
	gs.mu.Unlock()
	for _, m := range members {
		m.leave()
	}
	gs.mu.Lock()
	gs.sessions = nil
	gs.mu.Unlock()
	var failed error
	for _, g := range groups {
		failed = cmp.Or(failed, g.close())
	}
	return failed
}
