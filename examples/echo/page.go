package main

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed page
var files embed.FS

// page serves the files in the folder page. The page may load nothing from
// other servers.
func page() http.Handler {
	folder, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // only if the name above is not a valid path
	}
	content := http.FileServerFS(folder)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Cache-Control", "no-cache")
		header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; "+
			"img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		// The clock of an isolated page has a resolution of 5 µs instead of
		// 100 µs, which the page needs to show round trips.
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Embedder-Policy", "require-corp")
		content.ServeHTTP(w, r)
	})
}
