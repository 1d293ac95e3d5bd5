"""All checks of the machine, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from slipway.doctor.checks import kernel, machine, network, software
from slipway.doctor.model import Facts, Finding
from slipway.errors import SlipwayError

if TYPE_CHECKING:
    from slipway.node import NodeConfig

CHECKS: tuple[Callable[[Facts], Finding], ...] = (
    machine.system,
    machine.root,
    machine.processors,
    machine.memory,
    machine.disk,
    machine.swap,
    kernel.cgroups,
    kernel.capabilities,
    kernel.resource_limits,
    kernel.overlay,
    kernel.bridge,
    kernel.kernel_log,
    kernel.nfs_client,
    network.address,
    network.ranges,
    network.ports,
    software.packages,
    software.toolchain,
    software.other_kubernetes,
)


def judge(facts: Facts) -> list[Finding]:
    """Every check's finding."""
    return [check(facts) for check in CHECKS]


def preflight(config: NodeConfig | None = None) -> list[Finding]:
    """The findings for this machine and the node that it is to carry."""
    from slipway.doctor.gather import gather
    from slipway.node import NodeConfig

    return judge(gather(config or NodeConfig()))


def require(findings: Iterable[Finding]) -> None:
    """Raises SlipwayError that names every error among the findings."""
    errors = [finding for finding in findings if finding.level == "error"]
    if errors:
        raise SlipwayError(
            "this machine cannot carry the embedded cluster",
            "doctor",
            errors[0].remedy if len(errors) == 1 else "slipway doctor shows each with its remedy",
            tuple(f"{finding.check}: {finding.says}" for finding in errors),
        )
