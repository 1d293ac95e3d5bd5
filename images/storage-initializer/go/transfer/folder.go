// Package transfer copies what a Source names.
package transfer

import (
	"context"
	"errors"
	"fmt"
	"path"

	_ "github.com/rclone/rclone/backend/azureblob"
	_ "github.com/rclone/rclone/backend/googlecloudstorage"
	_ "github.com/rclone/rclone/backend/http"
	_ "github.com/rclone/rclone/backend/local"
	_ "github.com/rclone/rclone/backend/s3"
	_ "github.com/rclone/rclone/backend/sftp"
	_ "github.com/rclone/rclone/backend/webdav"
	"github.com/rclone/rclone/fs"
	"github.com/rclone/rclone/fs/operations"
	"github.com/rclone/rclone/fs/sync"

	"slipway.dev/storage-initializer/source"
)

// Folder copies every file below the source, with rclone's checksums; a source that is one file is copied as that file.
// Nothing there is an error: a server without its model would only fail later, with a worse reason.
func Folder(ctx context.Context, from source.Source, directory string) error {
	settings(ctx)
	to, err := fs.NewFs(ctx, directory)
	if err != nil {
		return err
	}
	origin, err := fs.NewFs(ctx, from.Remote)
	single := errors.Is(err, fs.ErrorIsFile)
	if err != nil && !single {
		return fmt.Errorf("%s cannot be opened: %w", from.URI, err)
	}
	if single {
		name := path.Base(from.Remote)
		if err := report(ctx, func() error { return operations.CopyFile(ctx, to, origin, name, name) }); err != nil {
			return fmt.Errorf("%s cannot be copied: %w", from.URI, err)
		}
		return nil
	}
	files, bytes, _, err := operations.Count(ctx, origin)
	if errors.Is(err, fs.ErrorDirNotFound) || (err == nil && files == 0) {
		return fmt.Errorf("%s is empty or does not exist: look at its spelling, and at what the key may read", from.URI)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be listed: %w", from.URI, err)
	}
	fmt.Printf("copying %s: %d files, %s\n", from.URI, files, fs.SizeSuffix(bytes).ByteUnit())
	if err := report(ctx, func() error { return sync.CopyDir(ctx, to, origin, false) }); err != nil {
		return fmt.Errorf("%s cannot be copied: %w", from.URI, err)
	}
	return nil
}

// settings: a start of a Pod is not a night's backup; three tries each, and a server that says nothing is given up.
func settings(ctx context.Context) {
	config := fs.GetConfig(ctx)
	config.Retries, config.LowLevelRetries = 3, 3
}
