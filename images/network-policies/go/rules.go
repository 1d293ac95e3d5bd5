package main

import (
	"fmt"
	"strconv"

	"github.com/coreos/go-iptables/iptables"
)

// A table and a chain of ours in it, whose packets go to a queue.
type asking struct {
	table, chain string
	queue        int
}

// Both tables come after the addresses of Services were translated, and mangle comes first.
var askings = []asking{{"mangle", "SLIPWAY-WAIT", waitQueue}, {"security", "SLIPWAY-JUDGE", judgeQueue}}

// From Pods to others and back, and from Pods to their node. Not from the node: the kubelet asks how Pods are.
var hooks = []string{"FORWARD", "INPUT"}

type rules struct {
	tables *iptables.IPTables
	pods   string
}

func newRules(pods string) (*rules, error) {
	tables, err := iptables.New()
	if err != nil {
		return nil, err
	}
	return &rules{tables, pods}, nil
}

// ensure has the chains, their rules in their order, and the jumps to them.
func (r *rules) ensure() error {
	for _, ask := range askings {
		exists, err := r.tables.ChainExists(ask.table, ask.chain)
		if err == nil && !exists {
			err = r.tables.NewChain(ask.table, ask.chain)
		}
		if err != nil {
			return fmt.Errorf("chain %s: %w", ask.chain, err)
		}
		queue := []string{"-j", "NFQUEUE", "--queue-num", strconv.Itoa(ask.queue)}
		for _, rule := range [][]string{
			{"-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "RETURN"},
			append([]string{"-s", r.pods}, queue...),
			append([]string{"-d", r.pods}, queue...),
		} {
			if err := r.tables.AppendUnique(ask.table, ask.chain, rule...); err != nil {
				return fmt.Errorf("chain %s: %w", ask.chain, err)
			}
		}
		for _, hook := range hooks {
			if err := r.tables.InsertUnique(ask.table, hook, 1, r.jump(hook, ask.chain)...); err != nil {
				return fmt.Errorf("chain %s: %w", hook, err)
			}
		}
	}
	return nil
}

// remove takes the jumps away, then the chains: for an end that was asked for.
func (r *rules) remove() error {
	for _, ask := range askings {
		for _, hook := range hooks {
			if err := r.tables.DeleteIfExists(ask.table, hook, r.jump(hook, ask.chain)...); err != nil {
				return err
			}
		}
		if err := r.tables.ClearAndDeleteChain(ask.table, ask.chain); err != nil {
			return err
		}
	}
	return nil
}

func (r *rules) jump(hook, chain string) []string {
	if hook == "INPUT" {
		return []string{"-s", r.pods, "-j", chain}
	}
	return []string{"-j", chain}
}
