package main

import "testing"

func TestOneProcessorOrLessIsOneThread(t *testing.T) {
	for limit, want := range map[string]bool{
		"50000 100000\n": true, "100000 100000\n": true, "100001 100000\n": false, "max 100000\n": false, "": false,
	} {
		if atMostOne(limit) != want {
			t.Errorf("%q: %v", limit, !want)
		}
	}
}
