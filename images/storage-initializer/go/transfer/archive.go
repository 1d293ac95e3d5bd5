package transfer

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// archive is how a file of this name is unpacked; nil for one that is not an archive.
func archive(name string) func(file, directory string) error {
	switch lower := strings.ToLower(name); {
	case strings.HasSuffix(lower, ".zip"):
		return unzip
	case strings.HasSuffix(lower, ".tar"), strings.HasSuffix(lower, ".tar.gz"), strings.HasSuffix(lower, ".tgz"):
		return untar
	}
	return nil
}

func unzip(file, directory string) error {
	reader, err := zip.OpenReader(file)
	if err != nil {
		return err
	}
	defer reader.Close()
	return inside(directory, func(root *os.Root) error {
		for _, entry := range reader.File {
			if entry.FileInfo().IsDir() {
				continue
			}
			content, err := entry.Open()
			if err != nil {
				return err
			}
			err = write(root, entry.Name, content)
			content.Close()
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func untar(file, directory string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	var content io.Reader = in
	if unpacked, err := gzip.NewReader(in); err == nil {
		content = unpacked
	} else if _, err := in.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return inside(directory, func(root *os.Root) error {
		reader := tar.NewReader(content)
		for {
			entry, err := reader.Next()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			switch entry.Typeflag {
			case tar.TypeReg:
				if err := write(root, entry.Name, reader); err != nil {
					return err
				}
			case tar.TypeDir, tar.TypeXGlobalHeader:
			default:
				return fmt.Errorf("%s is neither a file nor a directory", entry.Name)
			}
		}
	})
}

// inside: os.Root refuses every name that leads out of the directory, by links as well.
func inside(directory string, work func(*os.Root) error) error {
	root, err := os.OpenRoot(directory)
	if err != nil {
		return err
	}
	defer root.Close()
	return work(root)
}

func write(root *os.Root, name string, content io.Reader) error {
	name = filepath.Clean(name)
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	out, err := root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if _, err := io.Copy(out, content); err != nil {
		out.Close()
		return fmt.Errorf("%s: %w", name, err)
	}
	return out.Close()
}
