package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"slipway.dev/executor/client"
	"slipway.dev/executor/payload"
)

// answer writes what the graph gave: an answer, a unit's own error as the unit wrote it, or a document of what went wrong
// on the way. It gives the status.
func (s *Server) answer(w http.ResponseWriter, message payload.Message, err error) int {
	if err == nil {
		return write(w, http.StatusOK, message)
	}
	code := http.StatusInternalServerError
	var failure *client.Failure
	if errors.As(err, &failure) {
		code = failure.Code
	}
	slog.Warn("a request failed", "puid", w.Header().Get(payload.PUID), "code", code, "error", err.Error())
	if failure != nil && len(message.Bytes) > 0 {
		return write(w, code, message)
	}
	return fail(w, code, err.Error())
}

// fail writes the protocol's document of an error.
func fail(w http.ResponseWriter, code int, sentence string) int {
	document := map[string]any{"status": map[string]any{"code": code, "info": sentence, "status": "FAILURE"}}
	written, _ := json.Marshal(document) // strings and numbers always can be
	return write(w, code, payload.Message{Bytes: written, ContentType: "application/json"})
}

func write(w http.ResponseWriter, code int, message payload.Message) int {
	header := w.Header()
	body := message.Bytes
	if escapable(message) {
		body = escaped(body)
	}
	if message.ContentType != "" {
		header["Content-Type"] = []string{message.ContentType}
	}
	if message.ContentEncoding != "" {
		header["Content-Encoding"] = []string{message.ContentEncoding}
	}
	if message.InferenceHeader != "" {
		header[payload.InferenceHeader] = []string{message.InferenceHeader}
	}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(code)
	_, _ = w.Write(body) // the caller has gone, then
	return code
}

// escapable says that the body is JSON and nothing else.
func escapable(message payload.Message) bool {
	return message.ContentEncoding == "" && message.InferenceHeader == "" &&
		(message.ContentType == "" || strings.Contains(message.ContentType, "json"))
}

// marks are what escaped looks for; the last one begins U+2028 and U+2029, line ends to JavaScript.
var marks = [][]byte{{'<'}, {'>'}, {'&'}, {0xe2, 0x80}}

// escaped writes <, > and & of JSON's strings as escapes, so that no browser takes an answer for a page.
func escaped(body []byte) []byte {
	if !slices.ContainsFunc(marks, func(mark []byte) bool { return bytes.Contains(body, mark) }) {
		return body
	}
	var out bytes.Buffer
	out.Grow(len(body) + 64)
	json.HTMLEscape(&out, body)
	return out.Bytes()
}
