package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/rclone/rclone/fs"

	"slipway.dev/storage-initializer/source"
)

// tries of a download, and the pause before the next.
const (
	tries = 3
	pause = 2 * time.Second
)

// File downloads the document at an http(s) address into the directory, under its own name; an archive (.tar, .tar.gz, .tgz,
// .zip) is unpacked there. A wrong checksum leaves nothing behind.
func File(ctx context.Context, from source.Source, directory string) error {
	address, err := url.Parse(from.Remote)
	if err != nil {
		return err
	}
	part := filepath.Join(directory, ".download")
	defer os.Remove(part)
	for try := 1; ; try++ {
		again, err := download(ctx, from, part)
		if err == nil {
			break
		}
		if !again || try == tries || ctx.Err() != nil {
			return err
		}
		fmt.Printf("%v; once more in %s\n", err, pause)
		time.Sleep(pause)
	}
	name := path.Base(address.Path)
	if unpack := archive(name); unpack != nil {
		if err := unpack(part, directory); err != nil {
			return fmt.Errorf("%s cannot be unpacked: %w", from.URI, err)
		}
		return nil
	}
	return os.Rename(part, filepath.Join(directory, name))
}

// download writes the document into a file. Whether another try may help stands beside the error.
func download(ctx context.Context, from source.Source, file string) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from.Remote, nil)
	if err != nil {
		return false, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return true, fmt.Errorf("%s cannot be reached: %w", from.URI, unwrapped(err))
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return answer.StatusCode >= 500, fmt.Errorf("%s answers %s", from.URI, answer.Status)
	}
	fmt.Printf("downloading %s, %s\n", from.URI, fs.SizeSuffix(answer.ContentLength).ByteUnit())
	out, err := os.OpenFile(file, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return false, err
	}
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(out, sum), answer.Body)
	if closed := out.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return true, fmt.Errorf("%s broke off after %s: %w", from.URI, fs.SizeSuffix(size).ByteUnit(), err)
	}
	if is := hex.EncodeToString(sum.Sum(nil)); from.SHA256 != "" && is != from.SHA256 {
		return false, fmt.Errorf("%s has the checksum %s, not %s: it is another file than the one that was meant", from.URI, is, from.SHA256)
	}
	fmt.Printf("downloaded %s\n", fs.SizeSuffix(size).ByteUnit())
	return false, nil
}

// unwrapped is a client's error without the address, which may hold a password.
func unwrapped(err error) error {
	if at, is := err.(*url.Error); is {
		return at.Err
	}
	return err
}
