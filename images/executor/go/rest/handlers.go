package rest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"slipway.dev/executor/client"
	"slipway.dev/executor/payload"
	"slipway.dev/executor/walk"
)

func (s *Server) predict(ctx context.Context, w http.ResponseWriter, r *http.Request, at found) int {
	return s.through(ctx, w, r, at, s.Graph.Predict)
}

func (s *Server) feedback(ctx context.Context, w http.ResponseWriter, r *http.Request, at found) int {
	return s.through(ctx, w, r, at, s.Graph.Feedback)
}

type way func(context.Context, walk.Ask, payload.Message) (payload.Message, error)

// through takes a request's body through the graph.
func (s *Server) through(ctx context.Context, w http.ResponseWriter, r *http.Request, at found, take way) int {
	body, err := client.ReadAll(r.Body, r.ContentLength)
	if err != nil {
		return s.refuse(w, err)
	}
	answer, err := take(ctx, asked(r, at), payload.Message{
		Bytes:           body,
		ContentType:     r.Header.Get("Content-Type"),
		ContentEncoding: r.Header.Get("Content-Encoding"),
		InferenceHeader: r.Header.Get(payload.InferenceHeader),
	})
	return s.answer(w, answer, err)
}

func asked(r *http.Request, at found) walk.Ask {
	return walk.Ask{
		PUID: r.Header.Get(payload.PUID), Model: at.model, Verb: at.verb, Headers: payload.Headers(r.Header),
	}
}

// refuse answers to a body that cannot be read.
func (s *Server) refuse(w http.ResponseWriter, err error) int {
	code := http.StatusBadRequest
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		code = http.StatusRequestEntityTooLarge
	}
	return fail(w, code, "the request's body: "+err.Error())
}

func (s *Server) unitStatus(ctx context.Context, w http.ResponseWriter, r *http.Request, at found) int {
	answer, err := s.Graph.Status(ctx, asked(r, at), at.unit)
	return s.answer(w, answer, err)
}

func (s *Server) unitMetadata(ctx context.Context, w http.ResponseWriter, r *http.Request, at found) int {
	answer, err := s.Graph.Metadata(ctx, asked(r, at), at.unit)
	return s.answer(w, answer, err)
}

func (s *Server) graphMetadata(ctx context.Context, w http.ResponseWriter, r *http.Request, at found) int {
	made, err := s.Graph.GraphMetadata(ctx, asked(r, at))
	if err != nil {
		return s.answer(w, payload.Message{}, err)
	}
	written, err := json.Marshal(made)
	return s.answer(w, payload.Message{Bytes: written, ContentType: "application/json"}, err)
}

func (s *Server) alive(context.Context, http.ResponseWriter, *http.Request, found) int {
	return http.StatusOK
}

func (s *Server) metrics(_ context.Context, w http.ResponseWriter, r *http.Request, _ found) int {
	s.Metrics.ServeHTTP(w, r)
	return http.StatusOK
}
