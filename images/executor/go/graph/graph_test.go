package graph

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func load(t *testing.T, text string) *Predictor {
	t.Helper()
	t.Setenv(Variable, base64.StdEncoding.EncodeToString([]byte(text)))
	predictor, err := Load("p", "")
	if err != nil {
		t.Fatal(err)
	}
	return predictor
}

func TestTypesFollowFromWhatAUnitSays(t *testing.T) {
	for text, want := range map[string]Type{
		`{"name":"m"}`:                                                        Model,
		`{"name":"m","type":"ROUTER"}`:                                        Router,
		`{"name":"m","methods":["ROUTE"]}`:                                    "",
		`{"name":"m","implementation":"SIMPLE_MODEL"}`:                        Model,
		`{"name":"m","implementation":"AVERAGE_COMBINER"}`:                    Combiner,
		`{"name":"m","type":"UNKNOWN_TYPE","methods":["ROUTE"]}`:              Unknown,
		`{"name":"m","implementation":"SKLEARN_SERVER"}`:                      Model,
		`{"name":"m","type":"UNKNOWN_TYPE","implementation":"SIMPLE_ROUTER"}`: Router,
	} {
		if got := load(t, `{"name":"p","graph":`+text+`}`).Graph.Type; got != want {
			t.Errorf("%s is %q", text, got)
		}
	}
}

func TestImagesAreOfTheUnitsContainer(t *testing.T) {
	predictor := load(t, `{"graph":{"name":"m"},"annotations":{"version":"v7"},"componentSpecs":[{"spec":{"containers":[
		{"name":"a","image":"x:1"},{"name":"b","image":"host:5000/x:1"},{"name":"c","image":"x"}]}}]}`)
	for unit, want := range map[string][2]string{"a": {"x", "1"}, "b": {"host", ""}, "c": {"x", ""}, "d": {"", ""}} {
		if name, tag := predictor.Image(unit); name != want[0] || tag != want[1] {
			t.Errorf("%s: %q %q", unit, name, tag)
		}
	}
	if predictor.Version() != "v7" {
		t.Error(predictor.Version())
	}
}

func TestThePortIsThatOfTheTransport(t *testing.T) {
	for text, want := range map[string][2]string{
		`{"service_host":"h","service_port":1,"httpPort":2,"grpcPort":3}`: {"h:2", "h:3"},
		`{"service_host":"h","service_port":1}`:                           {"h:1", "h:1"},
		`{"service_host":"::1","httpPort":2}`:                             {"[::1]:2", ""},
		`{"service_port":1}`:                                              {"", ""},
	} {
		unit := load(t, `{"graph":{"name":"m","endpoint":`+text+`}}`).Graph
		if unit.Address(false) != want[0] || unit.Address(true) != want[1] {
			t.Errorf("%s: %q %q", text, unit.Address(false), unit.Address(true))
		}
	}
}

func TestWhatCannotBeServedIsNamed(t *testing.T) {
	const at = `"endpoint":{"service_host":"h","httpPort":1}`
	for text, part := range map[string]string{
		`{"name":"a",` + at + `,"children":[{"name":"a",` + at + `}]}`:      `two units of the graph are named "a"`,
		`{"name":"a",` + at + `,"methods":["ODD"]}`:                         `the method "ODD"`,
		`{"name":"a",` + at + `,"children":[{"name":"b","type":"ROUTER"}]}`: `unit "b" has no endpoint`,
		`{"name":"a","implementation":"RANDOM_ABTEST","parameters":[{"name":"ratioA","value":"2"}],"children":[{"name":"b",` + at + `},{"name":"c",` + at + `}]}`: `ratioA is "2"`,
	} {
		predictor := load(t, `{"graph":`+text+`}`)
		if err := predictor.Check("seldon"); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", text, err)
		}
	}
	constant := load(t, `{"graph":{"name":"a","implementation":"SIMPLE_MODEL"}}`)
	if err := constant.Check("v2"); err == nil || !strings.Contains(err.Error(), "protocol seldon only") {
		t.Error(err)
	}
	if err := constant.Check("seldon"); err != nil {
		t.Error(err)
	}
}

func TestWhereThereIsNoGraphIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "graph.yaml")
	if err := os.WriteFile(file, []byte("spec: {predictors: [{name: other}]}"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(Variable, "*")
	for name, part := range map[string]string{file: `no predictor "p"`, "": "not base64", file + "x": "no such file"} {
		if _, err := Load("p", name); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
