package main

import (
	"context"
	"math"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	pb "slipway.dev/executor/proto/seldon"
)

// echo is a unit that answers what it is asked.
type echo struct{ pb.UnimplementedModelServer }

func (echo) Predict(_ context.Context, message *pb.SeldonMessage) (*pb.SeldonMessage, error) {
	return message, nil
}

func serveGRPC(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(math.MaxInt32))
	pb.RegisterModelServer(server, echo{})
	return server.Serve(listener)
}

func callersOfGRPC(direct, through, text string) (map[string]func() error, error) {
	message := &pb.SeldonMessage{DataOneof: &pb.SeldonMessage_StrData{StrData: text}}
	unit, err := connect(direct)
	if err != nil {
		return nil, err
	}
	orchestrator, err := connect(through)
	if err != nil {
		return nil, err
	}
	model, graph := pb.NewModelClient(unit), pb.NewSeldonClient(orchestrator)
	return map[string]func() error{
		"direct":  func() error { _, err := model.Predict(context.Background(), message); return err },
		"through": func() error { _, err := graph.Predict(context.Background(), message); return err },
	}, nil
}

func connect(address string) (*grpc.ClientConn, error) {
	return grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32)))
}
