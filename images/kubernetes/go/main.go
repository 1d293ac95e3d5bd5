// Command kubernetes is all of a node's Kubernetes programs in one binary.
//
// It runs the program it is called as (a symbolic link named kubelet runs the kubelet);
// under any other name the first argument names the program: kubernetes kubelet --help.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"slipway.dev/kubernetes/applets"
)

func main() {
	if run, ok := applets.Find(filepath.Base(os.Args[0])); ok {
		run()
		return
	}
	if len(os.Args) > 1 {
		if run, ok := applets.Find(os.Args[1]); ok {
			// The programs read os.Args themselves and print its first word in their usage.
			os.Args = os.Args[1:]
			run()
			return
		}
	}
	fmt.Fprintf(os.Stderr, "usage: kubernetes PROGRAM [ARGUMENT]...\nprograms: %s\n", applets.Names())
	os.Exit(2)
}
