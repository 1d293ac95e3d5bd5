// Command storage-initializer brings a model from where it is stored into a directory, before the model's server starts.
//
//	storage-initializer [--timeout 1h] URI DIRECTORY
//
// It is what Seldon's storage initializer is, an rclone that copies once, with the same settings
// (RCLONE_CONFIG_<REMOTE>_<KEY>). What differs: a wrong address, a refused key or an empty folder ends with exit code 1 and one
// sentence in the Pod's termination message; sizes are shown while it downloads; http(s):// takes single files and archives.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"slipway.dev/storage-initializer/source"
	"slipway.dev/storage-initializer/transfer"
)

// terminationLog is where Kubernetes reads a container's last words.
const terminationLog = "/dev/termination-log"

func main() {
	timeout := flag.Duration("timeout", time.Hour, "how long the download may take")
	flag.Usage = func() { fmt.Fprintln(os.Stderr, "usage: storage-initializer [--timeout 1h] URI DIRECTORY") }
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()
	if err := run(ctx, flag.Arg(0), flag.Arg(1)); err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("%s is not here after %s: %w", flag.Arg(0), *timeout, err)
		}
		fmt.Fprintln(os.Stderr, "storage-initializer:", err)
		// Absent outside of Kubernetes.
		_ = os.WriteFile(terminationLog, []byte(err.Error()), 0o644)
		os.Exit(1)
	}
}

func run(ctx context.Context, uri, directory string) error {
	from, err := source.Parse(uri, os.Environ())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return err
	}
	if from.File {
		return transfer.File(ctx, from, directory)
	}
	return transfer.Folder(ctx, from, directory)
}
