package wsotel

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

// Every field that has a value changes what is observed.
func TestEveryFieldIsObserved(t *testing.T) {
	t.Run("ws.Stats", func(t *testing.T) { testFields(t, sessionInstruments) })
	t.Run("group.Stats", func(t *testing.T) { testFields(t, groupInstruments) })
}

func testFields[S any](t *testing.T, instruments []instrument[S]) {
	var stats S
	before := collect(t, instruments, stats)
	for path, set := range fields(reflect.ValueOf(&stats).Elem(), "") {
		old := reflect.ValueOf(&stats).Elem().Interface()
		set()
		if reflect.DeepEqual(before, collect(t, instruments, stats)) {
			t.Errorf("%s is not observed", path)
		}
		stats = old.(S)
	}
}

// fields returns functions that set the fields of a struct, by their paths.
func fields(v reflect.Value, prefix string) map[string]func() {
	found := map[string]func(){}
	for i := range v.NumField() {
		name, f := prefix+v.Type().Field(i).Name, v.Field(i)
		switch f.Kind() {
		case reflect.Struct:
			for name, set := range fields(f, name+".") {
				found[name] = set
			}
		case reflect.Map:
			found[name] = func() {
				f.Set(reflect.MakeMap(f.Type()))
				f.SetMapIndex(reflect.Zero(f.Type().Key()), reflect.ValueOf(uint64(7)))
			}
		default:
			found[name] = func() { f.Set(reflect.ValueOf(7).Convert(f.Type())) }
		}
	}
	return found
}

// collect returns what instruments observe, as the values by names and attributes.
func collect[S any](t *testing.T, instruments []instrument[S], stats S) map[string]string {
	t.Helper()
	reader := sdk.NewManualReader()
	registration, err := register(sdk.NewMeterProvider(sdk.WithReader(reader)), "", instruments, func() S { return stats }, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := values(t, reader)
	if err := registration.Unregister(); err != nil {
		t.Fatal(err)
	}
	return found
}

// values collects from a reader.
func values(t *testing.T, reader sdk.Reader) map[string]string {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					found[name(m, p.Attributes)] = fmt.Sprint(p.Value, " ", m.Unit)
				}
			case metricdata.Gauge[float64]:
				for _, p := range data.DataPoints {
					found[name(m, p.Attributes)] = fmt.Sprint(p.Value, " ", m.Unit)
				}
			default:
				t.Errorf("%s has a %T", m.Name, data)
			}
		}
	}
	return found
}

func name(m metricdata.Metrics, attributes attribute.Set) string {
	encoded := attributes.Encoded(attribute.DefaultEncoder())
	if encoded == "" {
		return m.Name
	}
	return m.Name + "{" + encoded + "}"
}

func TestLatencyIsInSeconds(t *testing.T) {
	const name = "ping.round_trip_time"
	if got := collect(t, sessionInstruments, ws.Stats{Latency: 1500 * time.Millisecond})[name]; got != "1.5 s" {
		t.Errorf("observed %q, want 1.5 s", got)
	}
	if got, ok := collect(t, sessionInstruments, ws.Stats{})[name]; ok {
		t.Errorf("observed %q without a latency", got)
	}
}

// A peer that closes with every code does not add a value for each.
func TestCloseCodesAreBounded(t *testing.T) {
	closes := map[ws.CloseCode]uint64{}
	for code := range 5000 {
		closes[ws.CloseCode(code)] = 1
	}
	for code := ws.CloseCode(1); code < 1000; code++ {
		delete(closes, code)
	}
	before, got := collect(t, sessionInstruments, ws.Stats{}), collect(t, sessionInstruments, ws.Stats{ClosesReceived: closes})
	if n := len(got) - len(before); n != 20 {
		t.Errorf("%d values, want those of 0, of 1000 to 1015 and of 3 ranges", n)
	}
	const private = "close.count{network.io.direction=receive,websocket.close.code=4000-4999}"
	if got[private] != "1000 {frame}" {
		t.Errorf("%s is %q, want 1000", private, got[private])
	}
}

func TestRegisterSources(t *testing.T) {
	groups := group.New(nil, group.Options{})
	defer groups.Close()
	for _, tt := range []struct {
		name, want string
		register   func(metric.MeterProvider) (metric.Registration, error)
	}{
		{"an Upgrader is a server", "websocket.server.session.count{name=a}", func(p metric.MeterProvider) (metric.Registration, error) {
			return Register(p, new(ws.Upgrader), attribute.String("name", "a"))
		}},
		{"a Dialer is a client", "websocket.client.session.count{name=a}", func(p metric.MeterProvider) (metric.Registration, error) {
			return Register(p, new(ws.Dialer), attribute.String("name", "a"))
		}},
		{"groups have a namespace of their own", "websocket.group.member.count{name=a}", func(p metric.MeterProvider) (metric.Registration, error) {
			return RegisterGroups(p, groups, attribute.String("name", "a"))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reader := sdk.NewManualReader()
			registration, err := tt.register(sdk.NewMeterProvider(sdk.WithReader(reader)))
			if err != nil {
				t.Fatal(err)
			}
			if got := values(t, reader); got[tt.want] == "" {
				t.Errorf("%s is missing in %v", tt.want, got)
			}
			if err := registration.Unregister(); err != nil {
				t.Fatal(err)
			}
			if got := values(t, reader); len(got) != 0 {
				t.Errorf("observed %v after Unregister", got)
			}
			if _, err := tt.register(nil); !errors.Is(err, ErrNil) {
				t.Errorf("without a provider: %v, want ErrNil", err)
			}
		})
	}
}
