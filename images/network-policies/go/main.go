// Command network-policies makes NetworkPolicies hold for the Pods of one node.
//
// It runs the controller of sigs.k8s.io/kube-network-policies, which is asked about the first packet of every
// connection by the kernel. Two things are added here. The rules that ask it are iptables', in place of the controller's
// own: not every kernel has nftables' expression `queue`, and a Pod's packets to its own node are asked about, too. And a
// packet waits until the API server has told whose address it has: a Pod begins before its address is known, and the
// controller lets pass what it knows nothing of.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	log "k8s.io/klog/v2"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
)

// The kernel's queues: of packets that wait for their Pod to be known, and of packets that are judged.
const (
	waitQueue  = 101
	judgeQueue = 100
)

func main() {
	node := flag.String("node", "", "the name of this node")
	health := flag.String("healthz", "127.0.0.1:8472", "where /healthz answers once the policies hold")
	flag.Parse()
	if err := beQuiet(); err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *node, *health); err != nil {
		log.Error(err)
		os.Exit(1)
	}
}

func run(ctx context.Context, node, health string) error {
	config, err := rest.InClusterConfig()
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	found, err := client.CoreV1().Nodes().Get(ctx, node, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("node %q: %w", node, err)
	}
	if found.Spec.PodCIDR == "" {
		return fmt.Errorf("node %q has no podCIDR", node)
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods()
	controller, err := networkpolicy.NewController(
		client, factory.Networking().V1().NetworkPolicies(), factory.Core().V1().Namespaces(), pods, nil, nil, nil, nil,
		networkpolicy.Config{NodeName: node, QueueID: judgeQueue, NFTableName: unmade})
	if err != nil {
		return err
	}
	if err := pods.Informer().SetTransform(living); err != nil {
		return err
	}
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), pods.Informer().HasSynced) {
		return errors.New("the API server did not list the Pods")
	}
	leaving := watchLeaving(ctx, client)
	judging := make(chan error, 1)
	go func() { judging <- controller.Run(ctx) }()
	waiting, err := newWaiting(found.Spec.PodCIDR, pods.Informer().GetIndexer())
	if err != nil {
		return err
	}
	if err := waiting.begin(ctx); err != nil {
		return fmt.Errorf("queue %d: %w", waitQueue, err)
	}
	// Rules come when both queues have a reader: without one, the kernel drops what it would ask about.
	if err := untilRead(ctx, judgeQueue); err != nil {
		return err
	}
	rules, err := newRules(found.Spec.PodCIDR)
	if err != nil {
		return err
	}
	if err := rules.ensure(); err != nil {
		return fmt.Errorf("iptables: %w", err)
	}
	go serveHealth(health)
	log.Infof("policies hold for %s", found.Spec.PodCIDR)
	for {
		select {
		case err := <-judging:
			// The rules stay, except at an end for good: nothing new passes until the next start.
			if ctx.Err() == nil {
				return fmt.Errorf("controller: %w", err)
			}
			if leaving.forGood() {
				return rules.remove()
			}
			return nil
		case <-time.After(30 * time.Second):
			if err := rules.ensure(); err != nil {
				log.Errorf("iptables: %v", err)
			}
		}
	}
}

func serveHealth(address string) {
	http.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	log.Fatal(http.ListenAndServe(address, nil))
}
