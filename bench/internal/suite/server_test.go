package suite

import (
	"fmt"
	"slices"
	"testing"
)

func TestServersArePickedByNameAndPrefix(t *testing.T) {
	tests := []struct {
		name   string
		wanted []string
		want   []string // nil: an error
	}{
		{"by name, in the table's order", []string{"gws", "raw"}, []string{"raw", "gws"}},
		{"by prefix", []string{"handset-w*", "raw"}, []string{"handset-whole", "handset-whole-all", "raw"}},
		{"unknown", []string{"raw", "nonesuch"}, nil},
		{"a prefix of nothing", []string{"nonesuch*"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			servers, err := ServersNamed(test.wanted)
			var got []string
			for _, server := range servers {
				got = append(got, server.Name)
			}
			if !slices.Equal(got, test.want) || (err == nil) == (test.want == nil) {
				t.Errorf("got %v, %v, want %v", got, err, test.want)
			}
		})
	}
}

func TestAWorkloadKeepsItsOwnOrderAndTakesTheExtra(t *testing.T) {
	extra, err := Extra("old=/tmp/old -view all")
	if err != nil {
		t.Fatal(err)
	}
	extraClient, err := Extra("client-old=/tmp/old -view all")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		client bool
		want   []string
	}{
		{false, []string{"b", "a", "old"}},
		{true, []string{"b", "a", "client-old"}},
	} {
		t.Run(fmt.Sprintf("client=%t", test.client), func(t *testing.T) {
			workload := Workload{Servers: []string{"b", "a"}, Client: test.client}
			var got []string
			for _, server := range workload.rows([]Server{{Name: "a"}, {Name: "b"}, {Name: "c"}, extra, extraClient}) {
				got = append(got, server.Name)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestAnExtraServerNeedsANameAndAProgram(t *testing.T) {
	for _, text := range []string{"", "name", "name=", "=program"} {
		if server, err := Extra(text); err == nil {
			t.Errorf("%q gave %+v", text, server)
		}
	}
}

func TestTogetherAreNeighboursThatSaySo(t *testing.T) {
	groups := Together([]Workload{{Name: "a"}, {Name: "b"}, {Name: "c", With: "b"}, {Name: "d", With: "a"}})
	var got []int
	for _, group := range groups {
		got = append(got, len(group))
	}
	if want := []int{1, 2, 1}; !slices.Equal(got, want) {
		t.Errorf("groups of %v, want %v", got, want)
	}
}

func TestACratesVersionIsInTheLock(t *testing.T) {
	const lock = "[[package]]\nname = \"actix-web\"\nversion = \"4.1.0\"\n\n[[package]]\nname = \"actix-ws\"\nversion = \"0.4.0\"\n"
	for crate, want := range map[string]string{"actix-ws": "0.4.0", "actix-web": "4.1.0", "actix": "unknown"} {
		if got := crateVersion(lock, crate); got != want {
			t.Errorf("%s: got %s, want %s", crate, got, want)
		}
	}
}
