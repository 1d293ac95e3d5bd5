// Command executor serves the graph of one predictor of a SeldonDeployment: it takes requests, walks through the
// predictor's units with them and answers as Seldon Core 1.17.1's service orchestrator does.
package main

import (
	"log/slog"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		slog.Error("executor", "error", err.Error())
		os.Exit(1)
	}
}

func run(arguments []string) error {
	return nil
}
