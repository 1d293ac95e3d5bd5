package main

import (
	"os"
	"runtime/debug"
)

// The program lives on a few MB, and a collection per 4 MB of messages costs more than the messages: it waits for 8.
func init() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
}
