// Package graph holds what one predictor of a SeldonDeployment says: its units, where they answer and how they are called.
package graph

// Predictor is spec.predictors[] of a SeldonDeployment, as far as requests depend on it.
type Predictor struct {
	Name           string            `json:"name"`
	Graph          Unit              `json:"graph"`
	Annotations    map[string]string `json:"annotations,omitempty"`
	Labels         map[string]string `json:"labels,omitempty"`
	ComponentSpecs []ComponentSpec   `json:"componentSpecs,omitempty"`
}

// ComponentSpec is a Pod of the predictor; only its containers' names and images count here.
type ComponentSpec struct {
	Spec struct {
		Containers []Container `json:"containers,omitempty"`
	} `json:"spec"`
}

// Container is a container of a ComponentSpec.
type Container struct {
	Name  string `json:"name"`
	Image string `json:"image,omitempty"`
}

// Unit is one node of the graph.
type Unit struct {
	Name           string      `json:"name"`
	Children       []*Unit     `json:"children,omitempty"`
	Type           Type        `json:"type,omitempty"`
	Implementation string      `json:"implementation,omitempty"`
	Methods        []Method    `json:"methods,omitempty"`
	Endpoint       Endpoint    `json:"endpoint"`
	Parameters     []Parameter `json:"parameters,omitempty"`
	Logger         *Logger     `json:"logger,omitempty"`
}

// Type says which of its methods a unit answers.
type Type string

// The types of units.
const (
	Unknown           Type = "UNKNOWN_TYPE"
	Router            Type = "ROUTER"
	Combiner          Type = "COMBINER"
	Model             Type = "MODEL"
	Transformer       Type = "TRANSFORMER"
	OutputTransformer Type = "OUTPUT_TRANSFORMER"
)

// Method is one call of a unit, named in `methods` beside or in place of a type.
type Method string

// The methods of units.
const (
	TransformInput  Method = "TRANSFORM_INPUT"
	TransformOutput Method = "TRANSFORM_OUTPUT"
	Route           Method = "ROUTE"
	Aggregate       Method = "AGGREGATE"
	SendFeedback    Method = "SEND_FEEDBACK"
)

// Endpoint is where a unit answers. ServicePort is the port of the endpoint's own type, for units that have one port.
type Endpoint struct {
	ServiceHost string `json:"service_host,omitempty"`
	ServicePort int    `json:"service_port,omitempty"`
	Type        string `json:"type,omitempty"`
	HTTPPort    int    `json:"httpPort,omitempty"`
	GRPCPort    int    `json:"grpcPort,omitempty"`
}

// Parameter is one parameter of a unit; Value is text whatever Type says.
type Parameter struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Type  string `json:"type,omitempty"`
}

// Logger says where a unit's payloads are sent; an empty URL means the default of the program.
type Logger struct {
	URL  string  `json:"url,omitempty"`
	Mode LogMode `json:"mode,omitempty"`
}

// LogMode says which payloads of a unit are logged.
type LogMode string

// The modes of a logger.
const (
	LogAll      LogMode = "all"
	LogRequest  LogMode = "request"
	LogResponse LogMode = "response"
)
