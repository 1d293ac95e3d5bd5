package wiregrpc

import (
	"context"

	"google.golang.org/grpc"

	"slipway.dev/executor/payload"
)

// method is a method of a service, by its last name.
type method struct {
	name   string
	handle func(*request) (payload.Message, error)
}

// service is one that the server has, made of the graph.
type service struct {
	name, file string // the file is where reflection finds the service
	methods    []method
}

// servicesOf gives the services of a protocol; nil for one that has none.
func servicesOf(protocol string) []service {
	switch protocol {
	case payload.Seldon:
		return seldonServices
	case payload.V2, payload.KFServing:
		return v2Services
	case payload.Tensorflow:
		return tensorflowServices
	}
	return nil
}

// describe is the service as gRPC wants it: each method reads a frame and gives it to its handler.
func (s service) describe(server *Server) *grpc.ServiceDesc {
	description := &grpc.ServiceDesc{ServiceName: s.name, HandlerType: (*any)(nil), Metadata: s.file}
	for _, method := range s.methods {
		full := "/" + s.name + "/" + method.name
		description.Methods = append(description.Methods, grpc.MethodDesc{
			MethodName: method.name,
			Handler: func(_ any, ctx context.Context, read func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				received := &frame{}
				if err := read(received); err != nil {
					return nil, err
				}
				return server.handle(ctx, full, received.bytes, method.handle)
			},
		})
	}
	return description
}
