// Package applets holds the programs, one file each.
package applets

import (
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
)

// programs maps a program's name to its main function, which may never return.
var programs = map[string]func(){
	"coredns":                 coreDNS,
	"etcd":                    etcd,
	"kube-apiserver":          apiServer,
	"kube-controller-manager": controllerManager,
	"kube-proxy":              kubeProxy,
	"kube-scheduler":          scheduler,
	"kubeadm":                 kubeadm,
	"kubectl":                 kubectl,
	"kubelet":                 kubelet,
}

// Find returns the main function of the named program, ready to run.
func Find(name string) (func(), bool) {
	run, ok := programs[name]
	if !ok {
		return nil, false
	}
	return func() {
		separateFlags(name == "coredns")
		run()
	}, true
}

// Names lists the programs, sorted, for the usage text.
func Names() string {
	return strings.Join(slices.Sorted(maps.Keys(programs)), ", ")
}

// serve runs a component's command and exits with its code.
func serve(command *cobra.Command) {
	os.Exit(cli.Run(command))
}
