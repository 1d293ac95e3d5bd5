package main

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// limitFile is what the container may compute: "50000 100000" is half a processor, "max 100000" as much as there is.
const limitFile = "/sys/fs/cgroup/cpu.max"

// A container that may use no more than one processor gets one thread for its goroutines. Go takes two at least, and
// those spend up to a third of a request's CPU on waking each other.
func init() {
	if text, err := os.ReadFile(limitFile); err == nil && os.Getenv("GOMAXPROCS") == "" && atMostOne(string(text)) {
		runtime.GOMAXPROCS(1)
	}
}

// atMostOne says whether a limit of CPU, as the kernel writes it, is one processor or less.
func atMostOne(limit string) bool {
	quota, period, _ := strings.Cut(strings.TrimSpace(limit), " ")
	microseconds, err := strconv.Atoi(quota)
	of, wrong := strconv.Atoi(period)
	return err == nil && wrong == nil && microseconds <= of
}
