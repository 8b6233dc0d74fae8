package observe

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	wsprom "github.com/handset-go/handset/metrics/prometheus"
	"github.com/handset-go/handset/ws"
)

// Metrics exports the statistics of an Upgrader to Prometheus.
func Metrics(upgrader *ws.Upgrader) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(wsprom.NewCollector(upgrader, prometheus.Labels{"server": "chat"}))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}
