// Package wsprom exports the Stats of an Upgrader or a Dialer of package ws, and of
// Groups of package group, to Prometheus, by the client library of Prometheus.
//
//	registry.MustRegister(wsprom.NewCollector(upgrader, nil))
//
// The folder has a dashboard for Grafana, dashboard.json.
package wsprom

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/handset-go/handset/ws"
)

// collector calls Stats when it is collected.
type collector struct {
	source  interface{ Stats() ws.Stats }
	metrics map[string]*prometheus.Desc
}

// NewCollector returns a collector that calls source.Stats for every scrape. source is a
// *ws.Upgrader or a *ws.Dialer. The labels, which may be nil, are added to all metrics;
// they must differ between the sources in one registry.
func NewCollector(source interface{ Stats() ws.Stats }, labels prometheus.Labels) prometheus.Collector {
	c := &collector{source, make(map[string]*prometheus.Desc)}
	for _, m := range metrics {
		c.metrics[m.name] = prometheus.NewDesc("handset_"+m.name, m.help, m.labels, labels)
	}
	return c
}

var metrics = []struct {
	name, help string
	labels     []string
}{
	{"sessions", "Open sessions.", nil},
	{"sessions_total", "Sessions that have begun.", nil},
	{"handshakes_refused_total", "Handshakes that were refused.", nil},
	{"messages_total", "Data messages by direction, in or out.", []string{"direction"}},
	{"frames_total", "Frames by direction.", []string{"direction"}},
	{"payload_bytes_total", "Bytes of payload as transmitted, by direction.", []string{"direction"}},
	{"wire_bytes_total", "Bytes of frames with their headers, by direction.", []string{"direction"}},
	{"queued_bytes", "Bytes in the send queues.", nil},
	{"latency_seconds", "Mean round-trip time of the heartbeat's pings.", nil},
	{"pings_total", "Pings sent by the heartbeat.", nil},
	{"pongs_total", "Pongs received in answer to the heartbeat's pings.", nil},
	{"unread_total", "Times that nothing had received from a session for the heartbeat's interval and timeout together.", nil},
	{"closes_total", "Close frames by side, sent or received, and code, 0 for none; codes from 1016 on by range.", []string{"side", "code"}},
	{"ends_total", "Sessions that have ended, by reason.", []string{"reason"}},
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range c.metrics {
		out <- desc
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	stats := c.source.Stats()
	gauge := func(name string, value float64) {
		out <- prometheus.MustNewConstMetric(c.metrics[name], prometheus.GaugeValue, value)
	}
	counter := func(name string, value uint64, labels ...string) {
		out <- prometheus.MustNewConstMetric(c.metrics[name], prometheus.CounterValue, float64(value), labels...)
	}
	gauge("sessions", float64(stats.Sessions))
	gauge("queued_bytes", float64(stats.Queued))
	gauge("latency_seconds", stats.Latency.Seconds())
	counter("sessions_total", stats.Total)
	counter("handshakes_refused_total", stats.Refused)
	counter("pings_total", stats.Pings)
	counter("pongs_total", stats.Pongs)
	counter("unread_total", stats.Unread)
	for direction, t := range map[string]ws.Traffic{"in": stats.In, "out": stats.Out} {
		counter("messages_total", t.Messages, direction)
		counter("frames_total", t.Frames, direction)
		counter("payload_bytes_total", t.Payload, direction)
		counter("wire_bytes_total", t.Wire, direction)
	}
	for side, closes := range map[string]map[ws.CloseCode]uint64{"sent": stats.ClosesSent, "received": stats.ClosesReceived} {
		for code, n := range byLabel(closes) {
			counter("closes_total", n, side, code)
		}
	}
	for reason, n := range stats.Ends {
		counter("ends_total", n, reason.String())
	}
}

// byLabel counts Close frames by the label of their code. The codes of libraries and
// applications have one label each (RFC 6455 section 7.4.2), because the peer chooses
// among thousands of them.
func byLabel(closes map[ws.CloseCode]uint64) map[string]uint64 {
	sums := map[string]uint64{}
	for code, n := range closes {
		label := strconv.Itoa(int(code))
		switch {
		case code >= 4000:
			label = "4000-4999"
		case code >= 3000:
			label = "3000-3999"
		case code > 1015:
			label = "1016-2999"
		}
		sums[label] += n
	}
	return sums
}
