package applets

import "flag"

// CoreDNS registers its flags globally when it is imported; their names (version, p, conf)
// would show up in, or clash with, those of kubectl, kubeadm and the kubelet.
var coreDNSFlags = map[string]bool{
	"conf": true, "dns.port": true, "p": true, "pidfile": true, "plugins": true, "quiet": true, "version": true,
}

// separateFlags leaves in flag.CommandLine either the flags of CoreDNS or all the others.
func separateFlags(ofCoreDNS bool) {
	kept := flag.NewFlagSet(flag.CommandLine.Name(), flag.ExitOnError)
	flag.CommandLine.VisitAll(func(f *flag.Flag) {
		if coreDNSFlags[f.Name] == ofCoreDNS {
			kept.Var(f.Value, f.Name, f.Usage)
		}
	})
	flag.CommandLine = kept
}
