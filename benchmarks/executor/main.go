// Command load is both ends of the service orchestrator in its benchmark: the units behind it and the caller before it.
//
//	load units ADDRESS...
//	load ask REQUESTS BYTES DIRECT THROUGH
//
// It asks the two URLs in turn, so that both see the same machine, and prints {"direct": {"p50": s, "p99": s}, "through":
// …} in seconds.
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
	"time"
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == "units" {
		for _, address := range os.Args[3:] {
			go func() { log.Fatal(http.ListenAndServe(address, http.HandlerFunc(answer))) }()
		}
		log.Fatal(http.ListenAndServe(os.Args[2], http.HandlerFunc(answer)))
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
	message := []byte(`{"strData":"` + string(bytes.Repeat([]byte("a"), size)) + `"}`)
	taken := map[string][]float64{}
	for i := range requests + requests/10 {
		for name, url := range map[string]string{"direct": arguments[3], "through": arguments[4]} {
			seconds, err := once(url, message)
			if err != nil {
				return err
			}
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

func once(url string, message []byte) (float64, error) {
	begun := time.Now()
	response, err := http.Post(url, "application/json", bytes.NewReader(message))
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return 0, err
	}
	if response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s answered %s", url, response.Status)
	}
	return time.Since(begun).Seconds(), nil
}
