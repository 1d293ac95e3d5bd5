package wiregrpc

import (
	"slipway.dev/executor/payload"
	"slipway.dev/executor/proto/inference"
)

var v2Services = []service{{
	name: inference.GRPCInferenceService_ServiceDesc.ServiceName,
	file: "inference/inference.proto",
	methods: []method{
		{"ServerLive", func(*request) (payload.Message, error) {
			return encoded(other, &inference.ServerLiveResponse{Live: true})
		}},
		{"ServerReady", func(r *request) (payload.Message, error) {
			ready := r.options.Ready == nil || r.options.Ready(r.ctx) == nil
			return encoded(other, &inference.ServerReadyResponse{Ready: ready})
		}},
		{"ServerMetadata", func(r *request) (payload.Message, error) {
			predictor := r.graph.Predictor
			return encoded(other, &inference.ServerMetadataResponse{Name: predictor.Name, Version: predictor.Version()})
		}},
		{"ModelReady", func(r *request) (payload.Message, error) { return r.about(r.graph.Status, 1) }},
		{"ModelMetadata", func(r *request) (payload.Message, error) { return r.about(r.graph.Metadata, 1) }},
		{"ModelInfer", func(r *request) (payload.Message, error) {
			r.Model = string(field(r.bytes, 1))
			return r.graph.Predict(r.ctx, r.Ask, message(InferRequest, r.bytes))
		}},
	},
}}
