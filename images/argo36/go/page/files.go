// Package static stands in for the user interface's files, which npm makes and the module does not have.
package static

import (
	"io"
	"net/http"
)

const page = `<!doctype html>
<html lang="en">
<head><base href="/"><meta charset="utf-8"><title>Argo Workflows</title></head>
<body>
<h1>Argo Workflows</h1>
<p>This build serves the API without the user interface. Upstream's image has both.</p>
</body>
</html>
`

// ServeHTTP answers every path with the page.
func ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, page)
}

// Hash names the page's version; no other file exists.
func Hash(string) string { return "" }
