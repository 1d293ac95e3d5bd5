// Package payload holds requests and answers on their way through the graph, undecoded wherever nothing looks inside.
package payload

// Message is one request or answer. REST has Bytes as they came; gRPC has Proto, a decoded protobuf message (one of
// package proto), and no Bytes. Nobody changes a Message or what it points at: children share it.
type Message struct {
	Bytes           []byte
	ContentType     string
	ContentEncoding string
	// InferenceHeader is Inference-Header-Content-Length: with it, Bytes are JSON of that length and tensors after it.
	InferenceHeader string
	Proto           any
	// Answer says that a unit made the message: what is still the caller's own request is not chained.
	Answer bool
}

// Headers are a request's HTTP headers or gRPC metadata.
type Headers map[string][]string

// The headers with a meaning here.
const (
	PUID            = "Seldon-Puid"
	SkipLogging     = "Seldon-Skip-Logging"
	InferenceHeader = "Inference-Header-Content-Length"
)

// The protocols.
const (
	Seldon     = "seldon"
	Tensorflow = "tensorflow"
	V2         = "v2"
	KFServing  = "kfserving" // the former name of V2
)

// Codec looks into Messages of one protocol on one transport, where something has to.
type Codec interface {
	// Chain makes the next unit's request from the former one's answer (or the request itself, which stays).
	Chain(message Message) (Message, error)
	// Route reads a router's answer: -1 all children, -2 none, else the child's index.
	Route(answer Message) (int, error)
	// FeedbackRoute reads response.meta.routing of a Feedback for a unit; -1 where it is not there.
	FeedbackRoute(feedback Message, unit string) int
	// WithRouting gives the answer with meta.routing, where the answer has meta.
	WithRouting(answer Message, routing map[string]int) (Message, error)
	// Tensor reads the numbers of a message, for built-in units.
	Tensor(message Message) (Tensor, error)
	// FromTensor writes an answer with these numbers in the form (tensor, ndarray) of the first of like. Its meta is that
	// of all of like together: tags and requestPath of a later one win, metrics stand behind each other.
	FromTensor(tensor Tensor, like ...Message) (Message, error)
}

// Tensor is a message's numbers: len(Values) is the product of Shape, rows first.
type Tensor struct {
	Names  []string
	Shape  []int
	Values []float64
}
