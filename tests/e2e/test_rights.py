"""Each part of the platform has the rights that it uses: what it is refused, it often logs and goes on without.

Stands late, so that the tests before it have made the platform work.
"""

from __future__ import annotations

import re

from slipway.kube import Client, Obj

#: Kubernetes' own programs begin before their rights are there.
OTHERS = ("kube-system",)
LINES = 5000


def refusals(kube: Client, pod: Obj) -> list[str]:
    """The lines in which a Pod was refused something that it asked for with its own account."""
    namespace, name, spec = pod["metadata"]["namespace"], pod["metadata"]["name"], pod["spec"]
    account = f"system:serviceaccount:{namespace}:{spec.get('serviceAccountName', 'default')}"
    refused = re.compile(rf'is forbidden: User \\*"{re.escape(account)}\\*" cannot')
    lines = [
        line
        for container in spec["containers"]
        for line in kube.logs(namespace, name, container["name"], tail=LINES).splitlines()
    ]
    return [f"{namespace}/{name}: {line}" for line in lines if refused.search(line)]


def test_no_part_was_refused_what_it_does(kube: Client, project: str) -> None:
    pods = [pod for pod in kube.objects("v1", "Pod") if pod["metadata"]["namespace"] not in (*OTHERS, project)]
    running = [pod for pod in pods if pod["status"].get("phase") == "Running"]
    assert running
    assert [line for pod in running for line in refusals(kube, pod)] == []
