package group_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/internal/exampletest"
	"github.com/handset-go/handset/ws"
)

// Two processes share their groups by a broker. Here, both are in one process.
func ExampleNew() {
	t := new(exampletest.TB)
	defer t.End()
	ctx := context.Background()
	ada, adasClient := connected(t)
	grace, gracesClient := connected(t)

	broker := &group.MemoryBroker{}
	one := group.New(broker, group.Options{})
	two := group.New(broker, group.Options{})
	_ = one.Join(ctx, "news", ada)
	_ = two.Join(ctx, "news", grace)
	_ = one.Publish(ctx, "news", ws.Text, []byte("hello"))
	fmt.Println(adasClient.next())
	fmt.Println(gracesClient.next())
	// Output:
	// Text "hello"
	// Text "hello"
}

func ExampleGroups_Join() {
	t := new(exampletest.TB)
	defer t.End()
	ctx := context.Background()
	session, client := connected(t)

	groups := group.New(nil, group.Options{})
	for _, name := range []string{"news", "weather"} {
		if err := groups.Join(ctx, name, session); err != nil {
			log.Fatal(err)
		}
	}
	_ = groups.Publish(ctx, "weather", ws.Text, []byte("rain"))
	_ = groups.Publish(ctx, "sport", ws.Text, []byte("1:0"))
	_ = groups.Publish(ctx, "news", ws.Text, []byte("hello"))
	fmt.Println(client.next())
	fmt.Println(client.next())
	// Output:
	// Text "rain"
	// Text "hello"
}

func ExampleGroups_Leave() {
	t := new(exampletest.TB)
	defer t.End()
	ctx := context.Background()
	session, client := connected(t)

	groups := group.New(nil, group.Options{})
	_ = groups.Join(ctx, "news", session)
	_ = groups.Publish(ctx, "news", ws.Text, []byte("before"))
	groups.Leave("news", session)
	_ = groups.Publish(ctx, "news", ws.Text, []byte("after"))
	_ = session.Text(ctx, "you have left")
	fmt.Println(client.next())
	fmt.Println(client.next())
	// Output:
	// Text "before"
	// Text "you have left"
}

func ExampleGroups_Publish() {
	t := new(exampletest.TB)
	defer t.End()
	ctx := context.Background()
	session, client := connected(t)

	groups := group.New(nil, group.Options{})
	_ = groups.Join(ctx, "news", session)
	if err := groups.Publish(ctx, "news", ws.Binary, []byte{0xca, 0xfe}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.next())
	fmt.Println(groups.Publish(ctx, "news", ws.Text, []byte("\xff")))
	// Output:
	// Binary "\xca\xfe"
	// group: text is not UTF-8
}

// A sender that has shown its message already does not need it back.
func ExampleGroups_PublishExcept() {
	t := new(exampletest.TB)
	defer t.End()
	ctx := context.Background()
	ada, adasClient := connected(t)
	grace, gracesClient := connected(t)

	groups := group.New(nil, group.Options{})
	_ = groups.Join(ctx, "chat", ada)
	_ = groups.Join(ctx, "chat", grace)
	_ = groups.PublishExcept(ctx, "chat", ws.Text, []byte("from Ada"), ada)
	_ = groups.Publish(ctx, "chat", ws.Text, []byte("for all"))
	fmt.Println("Ada:", adasClient.next())
	fmt.Println("Grace:", gracesClient.next())
	fmt.Println("Grace:", gracesClient.next())
	// Output:
	// Ada: Text "for all"
	// Grace: Text "from Ada"
	// Grace: Text "for all"
}

// Members in other processes do not receive a local message.
func ExampleGroups_PublishLocal() {
	t := new(exampletest.TB)
	defer t.End()
	ctx := context.Background()
	session, client := connected(t)

	groups := group.New(nil, group.Options{})
	_ = groups.Join(ctx, "news", session)
	_ = groups.PublishLocal("news", ws.Text, []byte("this process restarts soon"))
	fmt.Println(client.next())
	// Output: Text "this process restarts soon"
}

func ExampleGroups_Members() {
	t := new(exampletest.TB)
	defer t.End()
	ctx := context.Background()
	session, client := connected(t)

	groups := group.New(nil, group.Options{})
	_ = groups.Join(ctx, "news", session)
	for member := range groups.Members("news") {
		_ = member.Close(ws.CloseReason{Code: ws.CloseNormal, Description: "no more news"})
	}
	fmt.Println(client.next())
	// Output: Close ""
}

func ExampleGroups_Names() {
	t := new(exampletest.TB)
	defer t.End()
	session, _ := connected(t)

	groups := group.New(nil, group.Options{})
	_ = groups.Join(context.Background(), "news", session)
	for name := range groups.Names() {
		fmt.Println(name, groups.Len(name))
	}
	// Output: news 1
}

func ExampleGroups_Len() {
	t := new(exampletest.TB)
	defer t.End()
	session, _ := connected(t)

	groups := group.New(nil, group.Options{})
	fmt.Println(groups.Len("news"))
	_ = groups.Join(context.Background(), "news", session)
	fmt.Println(groups.Len("news"))
	// Output:
	// 0
	// 1
}

func ExampleGroups_Stats() {
	t := new(exampletest.TB)
	defer t.End()
	ctx := context.Background()
	ada, _ := connected(t)
	grace, _ := connected(t)

	groups := group.New(nil, group.Options{})
	_ = groups.Join(ctx, "news", ada)
	_ = groups.Join(ctx, "news", grace)
	_ = groups.Publish(ctx, "news", ws.Text, []byte("hello"))
	stats := groups.Stats()
	fmt.Println(stats.Groups, stats.Members, stats.Published, stats.Delivered)
	// Output: 1 2 1 2
}

func ExampleGroups_Close() {
	t := new(exampletest.TB)
	defer t.End()
	ctx := context.Background()
	session, client := connected(t)

	groups := group.New(nil, group.Options{})
	_ = groups.Join(ctx, "news", session)
	if err := groups.Close(); err != nil {
		log.Fatal(err)
	}
	_ = session.Text(ctx, "the session is still open")
	fmt.Println(client.next())
	// Output: Text "the session is still open"
}

func Example_errClosed() {
	groups := group.New(nil, group.Options{})
	_ = groups.Close()
	err := groups.Publish(context.Background(), "news", ws.Text, []byte("hello"))
	fmt.Println(errors.Is(err, group.ErrClosed))
	// Output: true
}
