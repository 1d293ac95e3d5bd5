// Command flanneld is flannel's network between hosts, for the Kubernetes that playbooks/cluster.yml makes.
//
// It runs flannel's own packages: the lease is the Node's podCIDR, the backend (vxlan or host-gw) that of
// net-conf.json. Flannel's main program does not compile without cgo, for its UDP backend; and what its CNI plugin adds
// is one file, which is written here for the plugin `bridge`.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/flannel-io/flannel/pkg/backend"
	_ "github.com/flannel-io/flannel/pkg/backend/hostgw"
	_ "github.com/flannel-io/flannel/pkg/backend/vxlan"
	"github.com/flannel-io/flannel/pkg/ip"
	"github.com/flannel-io/flannel/pkg/ipmatch"
	"github.com/flannel-io/flannel/pkg/subnet"
	"github.com/flannel-io/flannel/pkg/subnet/kube"
	"github.com/flannel-io/flannel/pkg/trafficmngr/iptables"
	log "k8s.io/klog/v2"
)

// Seconds between two looks at our iptables rules.
const resync = 30

type options struct{ config, cni, iface, services, health string }

func main() {
	var o options
	flag.StringVar(&o.config, "net-config-path", "/etc/kube-flannel/net-conf.json", "network and backend")
	flag.StringVar(&o.cni, "cni-config-path", "/etc/cni/net.d/10-flannel.conflist", "the file to write for the kubelet's runtime")
	flag.StringVar(&o.iface, "iface", "", "address or name of the link to the other hosts; empty: that of the default route")
	flag.StringVar(&o.services, "service-cidr", "", "addresses of Services: what kube-proxy does not take up is refused; empty: it is not")
	flag.StringVar(&o.health, "healthz", "127.0.0.1:8471", "where /healthz answers once the network stands")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, stop, o); err != nil {
		log.Error(err)
		os.Exit(1)
	}
}

func run(ctx context.Context, stop func(), o options) error {
	manager, err := kube.NewSubnetManager(ctx, "", "", "flannel.alpha.coreos.com", o.config, true)
	if err != nil {
		return fmt.Errorf("Kubernetes: %w", err)
	}
	config, err := manager.GetNetworkConfig(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", o.config, err)
	}
	family, err := ipmatch.GetIPFamily(config.EnableIPv4, config.EnableIPv6)
	if err != nil {
		return err
	}
	link, err := ipmatch.LookupExtIface(o.iface, "", "", family, ipmatch.PublicIPOpts{})
	if err != nil {
		return fmt.Errorf("link %q: %w", o.iface, err)
	}
	kind, err := backend.NewManager(ctx, manager, link).GetBackend(config.BackendType)
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	network, err := kind.RegisterNetwork(ctx, &running, config)
	if err != nil {
		return fmt.Errorf("backend %s: %w", config.BackendType, err)
	}
	if err := filter(ctx, &running, config, network); err != nil {
		return err
	}
	if o.services != "" {
		if err := keepServices(ctx, o.services); err != nil {
			return fmt.Errorf("iptables: %w", err)
		}
	}
	if err := writeCNI(o.cni, config.Network.String(), network.Lease().Subnet.String(), network.MTU()); err != nil {
		return err
	}
	running.Add(1)
	go func() {
		defer running.Done()
		network.Run(ctx)
	}()
	go serveHealth(o.health)
	if err := manager.CompleteLease(ctx, network.Lease(), &running); err != nil {
		return fmt.Errorf("lease: %w", err)
	}
	running.Wait()
	return nil
}

// filter lets Pods' packets pass, and gives those that leave the Pods' network the host's address.
func filter(ctx context.Context, running *sync.WaitGroup, config *subnet.Config, network backend.Network) error {
	rules := &iptables.IPTablesManager{}
	if err := rules.Init(ctx, running); err != nil {
		return fmt.Errorf("iptables: %w", err)
	}
	var none4 ip.IP4Net
	var none6 ip.IP6Net
	err := rules.SetupAndEnsureMasqRules(
		ctx, config.Network, none4, none4, config.IPv6Network, none6, none6, network.Lease(), resync)
	if err != nil {
		return fmt.Errorf("iptables: %w", err)
	}
	rules.SetupAndEnsureForwardRules(ctx, config.Network, config.IPv6Network, resync)
	return nil
}

func serveHealth(address string) {
	http.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	log.Fatal(http.ListenAndServe(address, nil))
}
