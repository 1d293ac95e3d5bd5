package main

import (
	"bytes"
	"flag"
	"io"
	"os"
	"strings"

	log "k8s.io/klog/v2"
)

// unmade is a table's name that no kernel takes: it has one letter too many. So the controller's own rules of nftables
// come into being nowhere, and no table of theirs is left behind.
var unmade = strings.Repeat("x", 256)

// quiet leaves out what the controller says of each try at them.
type quiet struct{ io.Writer }

func (q quiet) Write(entry []byte) (int, error) {
	for _, part := range []string{"yncing nftables rules", `"dummy-key"`, "netlink receive: numerical result out of range"} {
		if bytes.Contains(entry, []byte(part)) {
			return len(entry), nil
		}
	}
	return q.Writer.Write(entry)
}

// beQuiet has every entry of the log pass there, once.
func beQuiet() error {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	log.InitFlags(flags)
	for name, value := range map[string]string{"logtostderr": "false", "one_output": "true", "stderrthreshold": "FATAL"} {
		if err := flags.Set(name, value); err != nil {
			return err
		}
	}
	log.SetOutput(quiet{os.Stderr})
	return nil
}
