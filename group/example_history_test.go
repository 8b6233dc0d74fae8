package group_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/internal/exampletest"
	"github.com/handset-go/handset/ws"
)

// withPosition returns what the members of these examples receive for a message.
func withPosition(m group.Message) []byte {
	return fmt.Appendf(nil, "%s at %d", m.Data, m.Position.Offset)
}

func ExampleGroups_JoinRecent() {
	t := new(exampletest.TB)
	defer t.End()
	ctx := context.Background()
	session, client := connected(t)

	groups := group.New(&group.MemoryBroker{History: 50}, group.Options{Format: withPosition})
	for _, text := range []string{"a", "b", "c"} {
		_ = groups.Publish(ctx, "chat", ws.Text, []byte(text))
	}
	if _, err := groups.JoinRecent(ctx, "chat", session, 2); err != nil {
		log.Fatal(err)
	}
	_ = groups.Publish(ctx, "chat", ws.Text, []byte("d"))
	fmt.Println(client.next())
	fmt.Println(client.next())
	fmt.Println(client.next())
	// Output:
	// Text "b at 2"
	// Text "c at 3"
	// Text "d at 4"
}

// A client that was connected before sends the position of the last message that it
// has received. If it cannot resume, it starts again.
func ExampleGroups_Resume() {
	t := new(exampletest.TB)
	defer t.End()
	ctx := context.Background()
	before, _ := connected(t)
	session, client := connected(t)

	groups := group.New(&group.MemoryBroker{History: 50}, group.Options{Format: withPosition})
	position, err := groups.JoinRecent(ctx, "chat", before, 50)
	if err != nil {
		log.Fatal(err)
	}
	_ = before.Close(ws.CloseReason{}) // the connection is lost
	_ = groups.Publish(ctx, "chat", ws.Text, []byte("missed"))

	err = groups.Resume(ctx, "chat", session, position)
	if errors.Is(err, group.ErrCannotResume) {
		position, err = groups.JoinRecent(ctx, "chat", session, 50)
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.next())
	// Output: Text "missed at 1"
}

func Example_errCannotResume() {
	t := new(exampletest.TB)
	defer t.End()
	session, _ := connected(t)

	groups := group.New(&group.MemoryBroker{History: 50}, group.Options{})
	err := groups.Resume(context.Background(), "chat", session, group.Position{Epoch: "before the restart", Offset: 7})
	fmt.Println(err == group.ErrCannotResume, groups.Len("chat"))
	// Output: true 0
}

func Example_errNoHistory() {
	t := new(exampletest.TB)
	defer t.End()
	session, _ := connected(t)

	groups := group.New(withoutHistory{&group.MemoryBroker{}}, group.Options{}) // a Broker that is no History
	_, err := groups.JoinRecent(context.Background(), "chat", session, 50)
	fmt.Println(err)
	// Output: group: broker has no history
}

func Example_errMember() {
	t := new(exampletest.TB)
	defer t.End()
	ctx := context.Background()
	session, _ := connected(t)

	groups := group.New(&group.MemoryBroker{History: 50}, group.Options{})
	_ = groups.Join(ctx, "chat", session)
	_, err := groups.JoinRecent(ctx, "chat", session, 50)
	fmt.Println(err)
	// Output: group: session is a member already
}

// Another goroutine may call Leave while JoinRecent sends.
func Example_errLeft() {
	t := new(exampletest.TB)
	defer t.End()
	session, _ := connected(t)

	var groups *group.Groups
	broker := &fakeBroker{recent: func(ctx context.Context) ([]group.Entry, group.Position, error) {
		go groups.Leave("chat", session)
		<-ctx.Done()
		return nil, group.Position{}, ctx.Err()
	}}
	groups = group.New(broker, group.Options{})
	_, err := groups.JoinRecent(context.Background(), "chat", session, 50)
	fmt.Println(err)
	// Output: group: session has left the group
}

// While the stored messages are loaded, too many new ones arrive.
func Example_errTooSlow() {
	t := new(exampletest.TB)
	defer t.End()
	session, _ := connected(t)

	var groups *group.Groups
	broker := &fakeBroker{recent: func(ctx context.Context) ([]group.Entry, group.Position, error) {
		for range 2000 {
			_ = groups.Publish(ctx, "chat", ws.Text, []byte("hello"))
		}
		return nil, group.Position{}, nil
	}}
	groups = group.New(broker, group.Options{})
	_, err := groups.JoinRecent(context.Background(), "chat", session, 50)
	fmt.Println(err)
	// Output: group: session is too slow to catch up
}

func ExamplePosition_String() {
	fmt.Println(group.Position{Epoch: "5f0c", Offset: 42})
	// Output: 5f0c:42
}

func ExamplePosition_IsZero() {
	var p group.Position
	fmt.Println(p.IsZero(), group.Position{Epoch: "5f0c"}.IsZero())
	// Output: true false
}

// In JSON, a position is a string.
func ExamplePosition_MarshalText() {
	b, err := json.Marshal(map[string]group.Position{"after": {Epoch: "5f0c", Offset: 42}})
	fmt.Printf("%s %v\n", b, err)
	// Output: {"after":"5f0c:42"} <nil>
}

// A client sends the position of the last message that it has received.
func ExamplePosition_UnmarshalText() {
	var request struct{ After group.Position }
	err := json.Unmarshal([]byte(`{"after": "5f0c:42"}`), &request)
	fmt.Println(request.After.Epoch, request.After.Offset, err)
	fmt.Println(request.After.UnmarshalText([]byte("elsewhere")))
	// Output:
	// 5f0c 42 <nil>
	// group: invalid position "elsewhere"
}
