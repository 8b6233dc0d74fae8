package wsprom_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/handset-go/handset/group"
	wsprom "github.com/handset-go/handset/metrics/prometheus"
	"github.com/handset-go/handset/ws"
)

func ExampleNewGroupsCollector() {
	groups := group.New(nil, group.Options{})
	defer groups.Close()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(wsprom.NewGroupsCollector(groups, nil))
	metrics := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})

	_ = groups.Publish(context.Background(), "news", ws.Text, []byte("hello"))
	for line := range strings.Lines(scrape(metrics.ServeHTTP)) {
		if strings.HasPrefix(line, "handset_group_published") {
			fmt.Print(line)
		}
	}
	// Output:
	// handset_group_published_total 1
}
