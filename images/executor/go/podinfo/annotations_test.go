package podinfo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func read(t *testing.T, text string) (Annotations, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "annotations")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Read(file)
}

func TestValuesAreAsTheKubeletQuotesThem(t *testing.T) {
	found, err := read(t, "a=\"x=y\\n\\\"z\\\"\"\nseldon.io/rest-timeout=\"250\"\n")
	if err != nil {
		t.Fatal(err)
	}
	if found["a"] != "x=y\n\"z\"" {
		t.Errorf("%q", found["a"])
	}
	if timeout, err := found.Milliseconds(RESTTimeout); err != nil || timeout != 250*time.Millisecond {
		t.Error(timeout, err)
	}
	if timeout, err := found.Milliseconds(GRPCTimeout); err != nil || timeout != 0 {
		t.Error(timeout, err)
	}
}

func TestWhatIsNoNumberIsNamed(t *testing.T) {
	found, err := read(t, "seldon.io/rest-timeout=\"soon\"\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := found.Milliseconds(RESTTimeout); err == nil || !strings.Contains(err.Error(), `rest-timeout is "soon"`) {
		t.Error(err)
	}
	if _, err := read(t, "no annotation\n"); err == nil {
		t.Error("a line without a name is taken")
	}
}

func TestAPodWithoutTheFileHasNone(t *testing.T) {
	if found, err := Read(filepath.Join(t.TempDir(), "none")); err != nil || len(found) != 0 {
		t.Error(found, err)
	}
}
