// Package middleware tests sessions behind the middlewares that people use. It is
// a module of its own, so that what it needs is nobody else's.
package middleware
