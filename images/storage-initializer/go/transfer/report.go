package transfer

import (
	"context"
	"fmt"
	"time"

	"github.com/rclone/rclone/fs"
	"github.com/rclone/rclone/fs/accounting"
)

// Lines this often, so that a log shows that it goes on, and how far it is.
const reportEvery = 5 * time.Second

// report does the work and prints how many bytes are there while it lasts, and at its end.
func report(ctx context.Context, work func() error) error {
	begun, done := time.Now(), make(chan error, 1)
	go func() { done <- work() }()
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			if err == nil {
				size := accounting.Stats(ctx).GetBytes()
				fmt.Printf("copied %s in %s\n", fs.SizeSuffix(size).ByteUnit(), time.Since(begun).Round(100*time.Millisecond))
			}
			return err
		case <-tick.C:
			fmt.Printf("%s so far\n", fs.SizeSuffix(accounting.Stats(ctx).GetBytes()).ByteUnit())
		}
	}
}
