package transfer

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slipway.dev/storage-initializer/source"
)

func fetch(t *testing.T, uri string) (string, error) {
	t.Helper()
	from, err := source.Parse(uri, os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	directory := t.TempDir()
	if from.File {
		return directory, File(context.Background(), from, directory)
	}
	return directory, Folder(context.Background(), from, directory)
}

func content(t *testing.T, directory, name string) string {
	t.Helper()
	read, err := os.ReadFile(filepath.Join(directory, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(read)
}

func empty(t *testing.T, directory string) {
	t.Helper()
	if left, err := os.ReadDir(directory); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func web(t *testing.T, files map[string][]byte) string {
	t.Helper()
	root := t.TempDir()
	for name, data := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(http.FileServer(http.Dir(root)))
	t.Cleanup(server.Close)
	return server.URL
}

func tarball(t *testing.T, names ...string) []byte {
	t.Helper()
	var buffer bytes.Buffer
	packed := gzip.NewWriter(&buffer)
	writer := tar.NewWriter(packed)
	for _, name := range names {
		if err := writer.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: 1, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := writer.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	writer.Close()
	packed.Close()
	return buffer.Bytes()
}

func TestFileAndFolderOverHTTP(t *testing.T) {
	server := web(t, map[string][]byte{"iris/model.joblib": []byte("model"), "iris/more/labels": []byte("labels")})
	directory, err := fetch(t, server+"/iris/model.joblib")
	if err != nil || content(t, directory, "model.joblib") != "model" {
		t.Fatal(err)
	}
	directory, err = fetch(t, server+"/iris/")
	if err != nil || content(t, directory, "model.joblib") != "model" || content(t, directory, "more/labels") != "labels" {
		t.Fatal(err)
	}
}

func TestArchives(t *testing.T) {
	var zipped bytes.Buffer
	writer := zip.NewWriter(&zipped)
	entry, _ := writer.Create("more/labels")
	entry.Write([]byte("x"))
	writer.Close()
	server := web(t, map[string][]byte{"m.tgz": tarball(t, "./more/labels"), "m.zip": zipped.Bytes()})
	for _, name := range []string{"/m.tgz", "/m.zip"} {
		directory, err := fetch(t, server+name)
		if err != nil || content(t, directory, "more/labels") != "x" {
			t.Fatal(name, err)
		}
	}
}

func TestAnArchiveStaysInItsDirectory(t *testing.T) {
	server := web(t, map[string][]byte{"m.tgz": tarball(t, "../outside")})
	directory, err := fetch(t, server+"/m.tgz")
	if err == nil || !strings.Contains(err.Error(), "outside") {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(directory), "outside")); err == nil {
		t.Fatal("it was written outside")
	}
}

func TestChecksumAndAbsence(t *testing.T) {
	server := web(t, map[string][]byte{"m.onnx": []byte("hello\n")})
	if _, err := fetch(t, server+"/m.onnx#sha256=5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"); err != nil {
		t.Fatal(err)
	}
	directory, err := fetch(t, server+"/m.onnx#sha256="+strings.Repeat("0", 64))
	if err == nil || !strings.Contains(err.Error(), "it is another file") {
		t.Fatal(err)
	}
	empty(t, directory)
	for name, part := range map[string]string{"/none": "404", "/none/": "empty or does not exist"} {
		directory, err := fetch(t, server+name)
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Fatal(name, err)
		}
		empty(t, directory)
	}
}

func TestADownloadThatBreaksOffIsTriedAgain(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Header().Set("Content-Length", "5")
		if asked == 1 {
			w.Write([]byte("mo"))
			return
		}
		w.Write([]byte("model"))
	}))
	defer server.Close()
	directory, err := fetch(t, server.URL+"/m.onnx")
	if err != nil || content(t, directory, "m.onnx") != "model" {
		t.Fatal(err)
	}
}
