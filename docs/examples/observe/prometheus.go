package observe

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/handset-go/handset/group"
	wsprom "github.com/handset-go/handset/metrics/prometheus"
	"github.com/handset-go/handset/ws"
)

// Metrics exports the statistics of an Upgrader and of groups to Prometheus.
func Metrics(upgrader *ws.Upgrader, groups *group.Groups) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		wsprom.NewCollector(upgrader, prometheus.Labels{"server": "chat"}),
		wsprom.NewGroupsCollector(groups, nil),
	)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}
