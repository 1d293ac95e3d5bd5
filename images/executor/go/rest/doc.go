package rest

import (
	"context"
	"embed"
	"mime"
	"net/http"
	"path"
	"strings"

	"slipway.dev/executor/payload"
)

//go:embed doc
var files embed.FS

// docs are the pages that describe the API, with the deployment's name and namespace in them.
type docs struct {
	description string // the file of the protocol's OpenAPI document
	place       *strings.Replacer
}

func newDocs(options Options) *docs {
	description := "seldon.json"
	if options.Protocol == payload.V2 || options.Protocol == payload.KFServing {
		description = "v2.json"
	}
	return &docs{description, strings.NewReplacer("NAMESPACE", options.Namespace, "DEPLOYMENT", options.Deployment)}
}

// at gives the page of a name; the empty one is the page for people, which reads openapi.json beside it.
func (d *docs) at(name string) (found, bool) {
	switch name {
	case "":
		name = "index.html"
	case "openapi.json", "seldon.json", "dataplane.json":
		name = d.description
	default:
		return found{}, false
	}
	text, err := files.ReadFile("doc/" + name)
	if err != nil {
		return found{}, false
	}
	page := payload.Message{
		Bytes: []byte(d.place.Replace(string(text))), ContentType: mime.TypeByExtension(path.Ext(name)),
	}
	return found{methods: got, handle: func(_ context.Context, w http.ResponseWriter, _ *http.Request, _ found) int {
		return write(w, http.StatusOK, page)
	}}, true
}
