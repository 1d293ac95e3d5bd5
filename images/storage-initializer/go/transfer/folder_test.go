package transfer

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/rclone/rclone/fs"
	"github.com/rclone/rclone/fs/operations"
)

// bucket is an S3 server that asks for keys, with a bucket that holds one model.
func bucket(t *testing.T) string {
	t.Helper()
	backend := s3mem.New()
	answers := gofakes3.New(backend).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Authorization"), "Credential=key/") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		answers.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	if err := backend.CreateBucket("models"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	return server.URL
}

// upload puts a folder with two files at models/iris.
func upload(t *testing.T, server string) {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{"model.joblib": "model", "more/labels": "labels"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	to, err := fs.NewFs(t.Context(), `:s3,provider=Other,env_auth=true,endpoint="`+server+`":models/iris`)
	if err != nil {
		t.Fatal(err)
	}
	from, err := fs.NewFs(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"model.joblib", "more/labels"} {
		if err := operations.CopyFile(t.Context(), to, from, name, name); err != nil {
			t.Fatal(err)
		}
	}
}

func TestABucketIsCopiedWithItsFolders(t *testing.T) {
	server := bucket(t)
	upload(t, server)
	directory, err := fetch(t, "s3://models/iris")
	if err != nil || content(t, directory, "model.joblib") != "model" || content(t, directory, "more/labels") != "labels" {
		t.Fatal(err)
	}
	directory, err = fetch(t, "s3://models/iris/model.joblib")
	if err != nil || content(t, directory, "model.joblib") != "model" {
		t.Fatal(err)
	}
}

func TestWhatIsWrongWithABucketIsSaid(t *testing.T) {
	server := bucket(t)
	upload(t, server)
	for uri, part := range map[string]string{
		"s3://models/irs": "empty or does not exist",
		"s3://none/iris":  "s3://none/iris",
	} {
		if _, err := fetch(t, uri); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", uri, err)
		}
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "another")
	if _, err := fetch(t, "s3://models/iris"); err == nil || !strings.Contains(err.Error(), "cannot be") {
		t.Error(err)
	}
}

func TestAFolderOfThisMachine(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "model.bst"), []byte("model"), 0o644); err != nil {
		t.Fatal(err)
	}
	directory, err := fetch(t, "file://"+folder)
	if err != nil || content(t, directory, "model.bst") != "model" {
		t.Fatal(err)
	}
	if _, err := fetch(t, folder+"/none"); err == nil || !strings.Contains(err.Error(), "empty or does not exist") {
		t.Fatal(err)
	}
}
