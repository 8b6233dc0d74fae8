// Package wsotel exports the Stats of an Upgrader or a Dialer of package ws, and of
// Groups of package group, to OpenTelemetry.
//
//	registration, err := wsotel.Register(otel.GetMeterProvider(), upgrader)
//	if err != nil {
//		return err
//	}
//	defer registration.Unregister()
//
// The names begin with websocket.server for an Upgrader, with websocket.client for a
// Dialer, and with websocket.group for Groups. The instruments are observable: Stats is
// called for each collection, and sessions cost nothing in between.
package wsotel

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

// ErrNil is returned for a provider or a source that is nil.
var ErrNil = errors.New("wsotel: the provider or the source is nil")

// scope is the name of the meter.
const scope = "github.com/handset-go/handset/metrics/opentelemetry"

// Register registers instruments with provider that observe upgrader.Stats or
// dialer.Stats. The attributes are added to all observations; they must differ between the
// sources of one kind with one provider. The instruments observe until Unregister is
// called on the result. Register is safe for concurrent use.
func Register[S *ws.Upgrader | *ws.Dialer](provider metric.MeterProvider, source S, attributes ...attribute.KeyValue) (metric.Registration, error) {
	if provider == nil || source == nil {
		return nil, ErrNil
	}
	if dialer, ok := any(source).(*ws.Dialer); ok {
		return register(provider, "websocket.client.", sessionInstruments, dialer.Stats, attributes)
	}
	upgrader := any(source).(*ws.Upgrader)
	return register(provider, "websocket.server.", sessionInstruments, upgrader.Stats, attributes)
}

// RegisterGroups is like Register for the statistics of groups.
func RegisterGroups(provider metric.MeterProvider, groups *group.Groups, attributes ...attribute.KeyValue) (metric.Registration, error) {
	if provider == nil || groups == nil {
		return nil, ErrNil
	}
	return register(provider, "websocket.group.", groupInstruments, groups.Stats, attributes)
}

// A kind is a kind of instrument.
type kind int

const (
	counter  kind = iota // only increases
	amount               // increases and decreases
	duration             // in nanoseconds, and observed in seconds
)

// An instrument observes a part of the statistics S.
type instrument[S any] struct {
	name, unit, description string
	kind                    kind
	read                    func(stats S, observe observe)
}

// observe observes one value of an instrument.
type observe func(value int64, attributes ...attribute.KeyValue)

// register creates the instruments, and observes what stats returns with them.
func register[S any](provider metric.MeterProvider, namespace string, instruments []instrument[S], stats func() S, common []attribute.KeyValue) (metric.Registration, error) {
	meter := provider.Meter(scope)
	observables := make([]metric.Observable, len(instruments))
	for i, in := range instruments {
		var err error
		if observables[i], err = in.create(meter, namespace); err != nil {
			return nil, err
		}
	}
	return meter.RegisterCallback(func(_ context.Context, observer metric.Observer) error {
		now := stats()
		for i, in := range instruments {
			in.read(now, func(value int64, attributes ...attribute.KeyValue) {
				with := metric.WithAttributes(append(attributes, common...)...)
				switch o := observables[i].(type) {
				case metric.Float64Observable:
					observer.ObserveFloat64(o, float64(value)/1e9, with)
				case metric.Int64Observable:
					observer.ObserveInt64(o, value, with)
				}
			})
		}
		return nil
	}, observables...)
}

// create creates the instrument with its name in a namespace.
func (in instrument[S]) create(meter metric.Meter, namespace string) (metric.Observable, error) {
	name, description, unit := namespace+in.name, metric.WithDescription(in.description), metric.WithUnit(in.unit)
	switch in.kind {
	case counter:
		return meter.Int64ObservableCounter(name, description, unit)
	case amount:
		return meter.Int64ObservableUpDownCounter(name, description, unit)
	default:
		return meter.Float64ObservableGauge(name, description, unit)
	}
}
