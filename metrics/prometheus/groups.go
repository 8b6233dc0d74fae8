package wsprom

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/handset-go/handset/group"
)

// groupsCollector calls Stats when it is collected.
type groupsCollector struct {
	groups *group.Groups
	descs  []*prometheus.Desc // of groupMetrics
}

// NewGroupsCollector returns a collector that calls groups.Stats for every scrape. The
// labels, which may be nil, are added to all metrics; they must differ between the
// Groups in one registry.
func NewGroupsCollector(groups *group.Groups, labels prometheus.Labels) prometheus.Collector {
	c := &groupsCollector{groups: groups}
	for _, m := range groupMetrics {
		c.descs = append(c.descs, prometheus.NewDesc("handset_group_"+m.name, m.help, nil, labels))
	}
	return c
}

var groupMetrics = []struct {
	name, help string
	kind       prometheus.ValueType
	read       func(group.Stats) uint64
}{
	{"groups", "Groups that have a subscription, or wait for one.", prometheus.GaugeValue, func(s group.Stats) uint64 { return uint64(s.Groups) }},
	{"members", "Memberships of sessions in groups.", prometheus.GaugeValue, func(s group.Stats) uint64 { return uint64(s.Members) }},
	{"published_total", "Messages passed to the broker.", prometheus.CounterValue, func(s group.Stats) uint64 { return s.Published }},
	{"local_only_total", "Messages that the broker did not accept and that were delivered in this process only.", prometheus.CounterValue, func(s group.Stats) uint64 { return s.LocalOnly }},
	{"delivered_total", "Messages added to the send queue of a member.", prometheus.CounterValue, func(s group.Stats) uint64 { return s.Delivered }},
	{"dropped_total", "Messages that a slow member has missed by DropNewest.", prometheus.CounterValue, func(s group.Stats) uint64 { return s.Dropped }},
	{"replaced_total", "Messages that a slow member has missed by KeepLatest.", prometheus.CounterValue, func(s group.Stats) uint64 { return s.Replaced }},
	{"slow_closed_total", "Sessions closed because they were slow.", prometheus.CounterValue, func(s group.Stats) uint64 { return s.SlowClosed }},
	{"gaps_total", "Gaps, with invalid messages and new epochs.", prometheus.CounterValue, func(s group.Stats) uint64 { return s.Gaps }},
	{"invalid_total", "Messages of the broker that could not be sent.", prometheus.CounterValue, func(s group.Stats) uint64 { return s.Invalid }},
	{"duplicates_total", "Messages of the broker that were delivered before.", prometheus.CounterValue, func(s group.Stats) uint64 { return s.Duplicates }},
}

// Describe implements prometheus.Collector.
func (c *groupsCollector) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range c.descs {
		out <- desc
	}
}

// Collect implements prometheus.Collector.
func (c *groupsCollector) Collect(out chan<- prometheus.Metric) {
	stats := c.groups.Stats()
	for i, m := range groupMetrics {
		out <- prometheus.MustNewConstMetric(c.descs[i], m.kind, float64(m.read(stats)))
	}
}
