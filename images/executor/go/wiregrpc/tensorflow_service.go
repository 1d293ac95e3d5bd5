package wiregrpc

import (
	"slipway.dev/executor/payload"
	"slipway.dev/executor/proto/serving"
)

var tensorflowServices = []service{
	{
		name: serving.PredictionService_ServiceDesc.ServiceName,
		file: "serving/serving.proto",
		methods: []method{
			{"Predict", tensorflowPredict(PredictRequest)},
			{"Classify", tensorflowPredict(ClassifyRequest)},
			{"Regress", tensorflowPredict(RegressRequest)},
			{"MultiInference", func(r *request) (payload.Message, error) {
				return r.graph.Predict(r.ctx, r.Ask, message(MultiRequest, r.bytes))
			}},
			{"GetModelMetadata", func(r *request) (payload.Message, error) { return r.about(r.graph.Metadata, 1, 1) }},
		},
	},
	{
		name: serving.ModelService_ServiceDesc.ServiceName,
		file: "serving/serving.proto",
		methods: []method{
			{"GetModelStatus", func(r *request) (payload.Message, error) { return r.about(r.graph.Status, 1, 1) }},
		},
	},
}

// tensorflowPredict walks with a request whose model_spec (field 1) names the model (field 1 of it).
func tensorflowPredict(kind Kind) func(*request) (payload.Message, error) {
	return func(r *request) (payload.Message, error) {
		r.Model = string(field(field(r.bytes, 1), 1))
		return r.graph.Predict(r.ctx, r.Ask, message(kind, r.bytes))
	}
}
