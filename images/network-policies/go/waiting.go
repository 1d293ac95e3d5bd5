package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	nfqueue "github.com/florianl/go-nfqueue"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/tools/cache"
	log "k8s.io/klog/v2"
)

const (
	// The controller's index of Pods by their addresses.
	byAddress = "podIPKeyIndex"
	patience  = 5 * time.Second
	pause     = 20 * time.Millisecond
	queues    = "/proc/net/netfilter/nfnetlink_queue"
)

// living leaves out what nobody reads, and the addresses of Pods that have ended: another Pod may have them.
func living(obj any) (any, error) {
	if accessor, err := meta.Accessor(obj); err == nil {
		accessor.SetManagedFields(nil)
	}
	if pod, ok := obj.(*corev1.Pod); ok {
		if pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
			pod.Status.PodIP, pod.Status.PodIPs = "", nil
		}
	}
	return obj, nil
}

// waiting holds packets of addresses that are no Pod's yet.
type waiting struct {
	pods  netip.Prefix
	own   netip.Addr
	known cache.Indexer
}

func newWaiting(pods string, known cache.Indexer) (*waiting, error) {
	prefix, err := netip.ParsePrefix(pods)
	if err != nil {
		return nil, fmt.Errorf("podCIDR: %w", err)
	}
	// The first address is the bridge's, that is, the node's own.
	return &waiting{prefix, prefix.Masked().Addr().Next(), known}, nil
}

// begin reads the queue until ctx ends.
func (w *waiting) begin(ctx context.Context) error {
	// The header is enough: addresses of IPv4.
	config := nfqueue.Config{
		NfQueue: waitQueue, MaxPacketLen: 64, MaxQueueLen: 4096, Copymode: nfqueue.NfQnlCopyPacket,
		Flags: nfqueue.NfQaCfgFlagGSO, WriteTimeout: 100 * time.Millisecond,
	}
	queue, err := nfqueue.Open(&config)
	if err != nil {
		return err
	}
	decide := func(id uint32, verdict int) {
		if err := queue.SetVerdict(id, verdict); err != nil && ctx.Err() == nil {
			log.Errorf("packet %d: %v", id, err)
		}
	}
	return queue.RegisterWithErrorFunc(ctx, func(a nfqueue.Attribute) int {
		id, from, to, ok := *a.PacketID, netip.Addr{}, netip.Addr{}, false
		if a.Payload != nil {
			from, to, ok = addresses(*a.Payload)
		}
		switch {
		case !ok:
			decide(id, nfqueue.NfDrop)
		case w.is(from) && w.is(to):
			decide(id, nfqueue.NfAccept)
		default:
			go func() { decide(id, w.later(ctx, from, to)) }()
		}
		return 0
	}, func(err error) int {
		if ctx.Err() == nil {
			log.V(1).Infof("queue %d: %v", waitQueue, err)
		}
		return 0
	})
}

// later is the verdict once the sender is known. A packet to an address that stays unknown goes on: nobody has it.
func (w *waiting) later(ctx context.Context, from, to netip.Addr) int {
	for end := time.Now().Add(patience); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(pause) {
		if w.is(from) && w.is(to) {
			return nfqueue.NfAccept
		}
	}
	if w.is(from) {
		return nfqueue.NfAccept
	}
	return nfqueue.NfDrop
}

// is says whether it is known whose the address is: a Pod's, the node's, or of elsewhere.
func (w *waiting) is(address netip.Addr) bool {
	if !w.pods.Contains(address) || address == w.own {
		return true
	}
	found, err := w.known.ByIndex(byAddress, address.String())
	return err == nil && len(found) > 0
}

// addresses are those of an IPv4 header.
func addresses(packet []byte) (from, to netip.Addr, ok bool) {
	if len(packet) < 20 || packet[0]>>4 != 4 {
		return from, to, false
	}
	return netip.AddrFrom4([4]byte(packet[12:16])), netip.AddrFrom4([4]byte(packet[16:20])), true
}

// untilRead waits until a queue of the kernel has a reader.
func untilRead(ctx context.Context, queue int) error {
	for ctx.Err() == nil {
		text, err := os.ReadFile(queues)
		if err != nil {
			return err
		}
		for _, line := range strings.Split(string(text), "\n") {
			if fields := strings.Fields(line); len(fields) > 0 && fields[0] == fmt.Sprint(queue) {
				return nil
			}
		}
		time.Sleep(pause)
	}
	return ctx.Err()
}
