// Package redis lets the groups of package group span several processes by Redis.
package redis
