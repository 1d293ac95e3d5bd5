"""Packets between pods on every pair of nodes, and through a Service."""

from __future__ import annotations

import secrets
from contextlib import ExitStack

from slipway.doctor.cluster import network, nodes, pods
from slipway.doctor.cluster.context import Context
from slipway.doctor.finding import Finding, fail, ok, skip, warn
from slipway.kube import Obj, Ref

#: Every node asks every other one: of more nodes than this, the first are taken.
MOST = 5
ROLE = "slipway.dev/doctor-role"

#: Each line of the answer: target, then "ok" or what went wrong.
ASK = r"""
ask() {{
  for step in 1 2 3 4 5; do
    answer=$(fetch "http://$2:$3/" | tail -n 1) || true
    [ "$answer" = {word} ] && {{ echo "$1 ok"; return; }}
    sleep 1
  done
  echo "$1 ${{answer:-no answer}}"
}}
"""


def run(ctx: Context) -> list[Finding]:
    """A server on each node, then a client on each node that asks every server and the Service."""
    names = nodes.usable(ctx.kube.objects("v1", "Node"))
    if not names:
        return [skip("no node takes pods")]
    taken, word = names[:MOST], f"slipway-{secrets.token_hex(6)}"
    with ExitStack() as stack:
        service = ctx.kube.create(service_body(ctx.space))
        servers = {node: stack.enter_context(pods.started(ctx.kube, server(ctx, node, word))) for node in taken}
        addresses: dict[str, str] = {}
        for node, ref in servers.items():
            obj = pods.wait(ctx.kube, ref, ctx.seconds, ("Running",))
            addresses[node] = str((obj.get("status") or {}).get("podIP") or "")
            if (obj.get("status") or {}).get("phase") != "Running" or not addresses[node]:
                why = pods.outcome(ctx.kube, ref, obj)
                return [fail(f"the pod on node {node} does not run: {why.why}", why.remedy or "see the check cni")]
        targets = {f"pod@{node}": (address, network.PORT) for node, address in addresses.items()}
        targets["service"] = (str(service["spec"]["clusterIP"]), 80)
        script = client_script(targets, word)
        clients = {
            node: stack.enter_context(pods.started(ctx.kube, pods.pod(ctx, script, node=node))) for node in taken
        }
        done = {node: finished(ctx, ref) for node, ref in clients.items()}
    return judge(done, set(targets), len(names))


def finished(ctx: Context, ref: Ref) -> pods.Outcome:
    """What a client says once it has ended."""
    return pods.outcome(ctx.kube, ref, pods.wait(ctx.kube, ref, ctx.seconds))


def service_body(space: str) -> Obj:
    """The Service before the servers."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"generateName": "slipway-doctor-", "namespace": space},
        "spec": {"selector": {ROLE: "server"}, "ports": [{"port": 80, "targetPort": network.PORT}]},
    }


def server(ctx: Context, node: str, word: str) -> Obj:
    """A pod on the node that says the word."""
    body = pods.pod(ctx, f"{network.SERVE}serve {word}", node=node)
    body["metadata"]["labels"][ROLE] = "server"
    return body


def client_script(targets: dict[str, tuple[str, int]], word: str) -> str:
    """Asks every target."""
    calls = [f"ask {name} {f'[{host}]' if ':' in host else host} {port}" for name, (host, port) in targets.items()]
    return network.SERVE + ASK.format(word=word) + "\n".join(calls) + "\n"


def judge(done: dict[str, pods.Outcome], targets: set[str], count: int) -> list[Finding]:
    """``done``: node → what its client said; ``count``: how many nodes take pods in all."""
    findings = []
    for node, outcome in sorted(done.items()):
        answers = dict(line.split(" ", 1) for line in outcome.log.splitlines() if line.partition(" ")[0] in targets)
        if not answers:
            findings.append(
                fail(f"the pod on node {node} did not run: {outcome.why}", outcome.remedy or "see the check cni")
            )
        for target, answer in sorted(answers.items()):
            if answer != "ok":
                findings.append(_lost(node, target, answer))
    if findings:
        return findings
    asked = f"{len(done)} of {count} nodes" if count > len(done) else f"{count} nodes"
    if count == 1:
        return [ok("one node: a pod reached another one on it and a Service; there are no others to reach")]
    says = f"on {asked}, every pod reached every other one and the Service"
    return [ok(says) if count == len(done) else warn(says, "the others were not tried: there are too many")]


def _lost(node: str, target: str, answer: str) -> Finding:
    if target == "service":
        return fail(f"from node {node}, no Service is reached: {answer}", "does kube-proxy run on that node?")
    other = target.partition("@")[2]
    if other == node:
        return fail(
            f"on node {node}, a pod does not reach another one: {answer}", "the node's bridge or a NetworkPolicy"
        )
    remedy = "a firewall between the nodes (VXLAN: UDP 8472, 4789), or the CNI on one of them"
    return fail(f"from node {node}, no pod on node {other} is reached: {answer}", remedy)
