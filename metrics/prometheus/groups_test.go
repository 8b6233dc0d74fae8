package wsprom

import (
	"reflect"
	"testing"

	"github.com/handset-go/handset/group"
)

// Every field of the statistics is a metric, and no metric is of two fields.
func TestGroupsCollectorHasEveryField(t *testing.T) {
	fields := reflect.TypeFor[group.Stats]().NumField()
	if len(groupMetrics) != fields {
		t.Errorf("%d metrics of %d fields", len(groupMetrics), fields)
	}
	for i := range fields {
		var stats group.Stats
		field := reflect.ValueOf(&stats).Elem().Field(i)
		field.Set(reflect.ValueOf(7).Convert(field.Type()))
		found := 0
		for _, m := range groupMetrics {
			if m.read(stats) == 7 {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%s is the value of %d metrics", reflect.TypeFor[group.Stats]().Field(i).Name, found)
		}
	}
}
