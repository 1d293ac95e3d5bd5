package client

import "slipway.dev/executor/payload"

// The methods of a unit, as the paths of the protocol seldon.
const (
	predict         = "/predict"
	transformInput  = "/transform-input"
	transformOutput = "/transform-output"
	aggregate       = "/aggregate"
	route           = "/route"
	sendFeedback    = "/send-feedback"
	status          = "/health/status"
	metadata        = "/metadata"
)

// pathOf is the path of a method in a protocol. A call's model may have a version behind it: "m/versions/2".
func pathOf(protocol, method string, call Call) string {
	switch protocol {
	case payload.Tensorflow:
		return "/v1/models/" + call.Model + tensorflow(method, call.Verb)
	case payload.V2, payload.KFServing:
		return "/v2/models/" + call.Model + inference(method)
	}
	return method
}

func tensorflow(method, verb string) string {
	switch method {
	case aggregate:
		return ":aggregate"
	case route:
		return ":route"
	case sendFeedback:
		return ":feedback"
	case status:
		return ""
	case metadata:
		return "/metadata"
	}
	if verb != "" {
		return ":" + verb
	}
	return ":predict"
}

func inference(method string) string {
	switch method {
	case aggregate:
		return "/aggregate"
	case route:
		return "/route"
	case sendFeedback:
		return "/feedback"
	case status:
		return "/ready"
	case metadata:
		return ""
	}
	return "/infer"
}
