package main

import (
	"context"
	"fmt"
	"time"

	"github.com/coreos/go-iptables/iptables"
	log "k8s.io/klog/v2"
)

const (
	filterTable   = "filter"
	servicesChain = "SLIPWAY-SERVICES"
)

// keepServices refuses packets to Services that no rule of kube-proxy takes up, until ctx ends.
//
// A Service's address exists nowhere. Without a rule (between two of kube-proxy's commits, before its first one) the
// packet would follow the default route, to where a proxy of the network may answer it for as long as the client keeps
// the connection. The rules outlive this program: a moment without it must not open the way.
func keepServices(ctx context.Context, cidr string) error {
	tables, err := iptables.New()
	if err != nil {
		return err
	}
	if err := ensureServices(tables, cidr); err != nil {
		return err
	}
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(resync * time.Second):
				if err := ensureServices(tables, cidr); err != nil {
					log.Errorf("chain %s: %v", servicesChain, err)
				}
			}
		}
	}()
	return nil
}

// ensureServices has the chain, its one rule, and the jumps to it: for Pods' packets and for those of the host.
func ensureServices(tables *iptables.IPTables, cidr string) error {
	exists, err := tables.ChainExists(filterTable, servicesChain)
	if err == nil && !exists {
		err = tables.NewChain(filterTable, servicesChain)
	}
	if err != nil {
		return fmt.Errorf("chain %s: %w", servicesChain, err)
	}
	refuse := []string{"-d", cidr, "-j", "REJECT", "--reject-with", "icmp-port-unreachable"}
	if err := tables.AppendUnique(filterTable, servicesChain, refuse...); err != nil {
		return fmt.Errorf("chain %s: %w", servicesChain, err)
	}
	for _, hook := range []string{"FORWARD", "OUTPUT"} {
		if err := tables.InsertUnique(filterTable, hook, 1, "-j", servicesChain); err != nil {
			return fmt.Errorf("chain %s: %w", hook, err)
		}
	}
	return nil
}
