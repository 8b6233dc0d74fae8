package wsotel_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/handset-go/handset/group"
	wsotel "github.com/handset-go/handset/metrics/opentelemetry"
	"github.com/handset-go/handset/ws"
)

// A program has an exporter where this one has a ManualReader.
func ExampleRegister() {
	reader := metric.NewManualReader()
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	upgrader := new(ws.Upgrader)
	registration, err := wsotel.Register(provider, upgrader, attribute.String("websocket.server.name", "chat"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer registration.Unregister()

	_, _, _ = upgrader.Handle(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil))
	print(reader, "websocket.server.handshake.refused")
	// Output:
	// websocket.server.handshake.refused 1 {handshake}
}

func ExampleRegisterGroups() {
	reader := metric.NewManualReader()
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	groups := group.New(nil, group.Options{})
	defer groups.Close()
	registration, err := wsotel.RegisterGroups(provider, groups)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer registration.Unregister()

	_ = groups.Publish(context.Background(), "news", ws.Text, []byte("hello"))
	print(reader, "websocket.group.message.published")
	// Output:
	// websocket.group.message.published 1 {message}
}

func ExampleErrNil() {
	_, err := wsotel.Register(nil, new(ws.Upgrader))
	fmt.Println(err)
	// Output:
	// wsotel: the provider or the source is nil
}

// print prints an instrument of integers.
func print(reader metric.Reader, name string) {
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		fmt.Println(err)
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if sum, ok := m.Data.(metricdata.Sum[int64]); ok && m.Name == name {
				for _, p := range sum.DataPoints {
					fmt.Println(m.Name, p.Value, m.Unit)
				}
			}
		}
	}
}
