// Command load is both ends of the service orchestrator in its benchmark: the units behind it and the caller before it.
//
//	load units GRPC-ADDRESS ADDRESS...
//	load ask REQUESTS BYTES DIRECT THROUGH
//
// It asks the two in turn, so that both see the same machine, and prints {"direct": {"p50": s, "p99": s}, "through": …} in
// seconds. They are URLs, or host:port of gRPC: then the unit is a Model, and the orchestrator a Seldon.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == "units" {
		for _, address := range os.Args[3:] {
			go func() { log.Fatal(http.ListenAndServe(address, http.HandlerFunc(answer))) }()
		}
		log.Fatal(serveGRPC(os.Args[2]))
	}
	if err := ask(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

// answer is a unit's: a router's first branch, a combiner's first message, else what it was sent.
func answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	switch r.URL.Path {
	case "/route":
		body = []byte("[0]")
	case "/aggregate":
		var messages []json.RawMessage
		if json.Unmarshal(body, &messages) == nil {
			body = messages[0]
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}

func ask(arguments []string) error {
	if len(arguments) != 5 || arguments[0] != "ask" {
		return fmt.Errorf("load ask REQUESTS BYTES DIRECT THROUGH")
	}
	requests, err := strconv.Atoi(arguments[1])
	if err != nil {
		return err
	}
	size, err := strconv.Atoi(arguments[2])
	if err != nil {
		return err
	}
	callers, err := callersOf(arguments[3], arguments[4], size)
	if err != nil {
		return err
	}
	taken := map[string][]float64{}
	for i := range requests + requests/10 {
		for name, call := range callers {
			begun := time.Now()
			if err := call(); err != nil {
				return err
			}
			seconds := time.Since(begun).Seconds()
			if i >= requests/10 { // what comes before warms up
				taken[name] = append(taken[name], seconds)
			}
		}
	}
	figures := map[string]map[string]float64{}
	for name, all := range taken {
		slices.Sort(all)
		figures[name] = map[string]float64{"p50": all[len(all)/2], "p99": all[len(all)*99/100]}
	}
	return json.NewEncoder(os.Stdout).Encode(figures)
}

// callersOf gives what asks the unit and the orchestrator, once each time.
func callersOf(direct, through string, size int) (map[string]func() error, error) {
	text := strings.Repeat("a", size)
	if !strings.HasPrefix(direct, "http") {
		return callersOfGRPC(direct, through, text)
	}
	message := []byte(`{"strData":"` + text + `"}`)
	return map[string]func() error{
		"direct":  func() error { return post(direct, message) },
		"through": func() error { return post(through, message) },
	}, nil
}

func post(url string, message []byte) error {
	response, err := http.Post(url, "application/json", bytes.NewReader(message))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", url, response.Status)
	}
	return nil
}
