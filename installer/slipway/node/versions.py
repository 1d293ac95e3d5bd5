"""From which version of Kubernetes to which a cluster may go: kubeadm's rules, told before anything is built."""

from __future__ import annotations

from slipway.errors import BadInput
from slipway.kube.minor import minor

_AGAIN = "or make it anew: slipway backup create, slipway cluster delete, slipway up, slipway backup restore"


def check(now: str, target: str) -> bool:
    """Whether there is something to do. Raises BadInput for a step that kubeadm does not take: back, or over a minor.

    The same version is gone to as well where a run before did not end: whoever asks knows.
    """
    here, there = minor(now), minor(target)
    if here > there or (here == there and _patch(now) > _patch(target)):
        raise BadInput(
            f"the cluster is Kubernetes {now}, this version of Slipway brings {target}: nothing goes back",
            "slipway cluster upgrade",
            "use the version of Slipway that the cluster was made or upgraded with",
        )
    if here[0] != there[0] or there[1] - here[1] > 1:
        between = ", ".join(f"{there[0]}.{number}" for number in range(here[1] + 1, there[1]))
        raise BadInput(
            f"the cluster is Kubernetes {now}, this version of Slipway brings {target}: that leaves out {between}, "
            "and Kubernetes goes one minor at a time",
            "slipway cluster upgrade",
            f"upgrade first with a version of Slipway that brings {there[0]}.{here[1] + 1}, {_AGAIN}",
        )
    return now != target


def _patch(version: str) -> int:
    """The third number of v1.37.2."""
    number = version.split("-")[0].split("+")[0].rpartition(".")[2]
    return int(number) if number.isdigit() else 0
