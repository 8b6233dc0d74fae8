package main

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"time"
)

// A market simulates prices, as random walks that stay near where they begin.
type market struct {
	seq    uint64
	prices map[string]float64
}

// base are the prices at which the walks begin.
var base = map[string]float64{
	"Cocoa": 412.60, "Coffee": 238.15, "Copper": 96.42, "Cotton": 74.80, "Sugar": 19.35, "Tea": 142.90,
}

const (
	volatility = 0.0011 // the standard deviation of a step
	reversion  = 0.0015 // how much of the distance to base is lost with a step
)

func newMarket() *market {
	m := &market{prices: map[string]float64{}}
	for name, price := range base {
		m.prices[name] = price
	}
	return m
}

// A quote is what clients receive: the whole state, so that each message replaces
// those before it.
type quote struct {
	Seq    uint64             `json:"seq"` // increases by one, so that clients can see what they have missed
	At     int64              `json:"at"`  // milliseconds since 1970
	Prices map[string]float64 `json:"prices"`
}

// next returns the message with the next prices, which are those at a time.
func (m *market) next(at time.Time) []byte {
	m.seq++
	rounded := map[string]float64{}
	for name, price := range m.prices {
		price += price*volatility*rand.NormFloat64() + (base[name]-price)*reversion
		m.prices[name] = price
		rounded[name] = math.Round(price*100) / 100
	}
	message, err := json.Marshal(quote{m.seq, at.UnixMilli(), rounded})
	if err != nil {
		panic(err) // a price that is not a finite number
	}
	return message
}
