package rest

import (
	"net/http"

	"slipway.dev/executor/payload"
)

// The headers that the server allows browsers of other origins, unless CORS_ALLOWED_HEADERS says other ones.
const (
	AnyOrigin          = "*"
	DefaultCORSHeaders = "Accept, Accept-Encoding, Authorization, Content-Length, Content-Type, X-CSRF-Token"
)

// setHeaders gives the request an id where it has none, and the answer what every answer has.
func (s *Server) setHeaders(header http.Header, r *http.Request, at found) {
	puid := r.Header.Get(payload.PUID)
	if puid == "" {
		puid = payload.NewPUID()
		r.Header[payload.PUID] = []string{puid}
	}
	header[payload.PUID] = []string{puid}
	header["X-Content-Type-Options"] = []string{"nosniff"}
	header["Access-Control-Allow-Origin"] = []string{s.Origins}
	header["Access-Control-Allow-Headers"] = []string{s.AllowedHeaders}
	if at.methods != "" {
		header["Access-Control-Allow-Methods"] = []string{at.methods}
	}
	if r.Header["Ce-Specversion"] == nil {
		return
	}
	header["Ce-Id"] = []string{puid}
	header["Ce-Specversion"] = []string{"0.3"}
	header["Ce-Path"] = []string{r.URL.Path}
	header["Ce-Source"] = []string{"seldon." + s.Deployment}
	header["Ce-Type"] = []string{"seldon." + s.Deployment + "." + s.Namespace + ".response"}
}
