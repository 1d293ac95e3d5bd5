"""What the doctor says of this machine and of a cluster; nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from slipway import paths
from slipway.doctor.check import Check, Row
from slipway.doctor.cluster import server
from slipway.doctor.cluster.context import Context
from slipway.doctor.examine import examine
from slipway.doctor.finding import skip
from slipway.doctor.preflight import preflight
from slipway.doctor.table import CHECKS, checks_of
from slipway.errors import BadInput, SlipwayError
from slipway.workflows.platform import Platform
from slipway.workflows.target import kubeconfig

PKI = "/etc/kubernetes/pki"


def refuse_unknown(only: Sequence[str]) -> None:
    """Raises BadInput for a name that no check has."""
    names = [check.name for check in CHECKS]
    for name in only:
        if name not in names:
            raise BadInput(f"there is no check '{name}'", "--only", f"one of: {', '.join(names)}")


def diagnose(platform: Platform, only: Sequence[str]) -> list[Row]:
    """The rows of the machine, where it is the cluster, and of the cluster."""
    scopes = {check.scope for check in CHECKS if check.name in only}
    rows: list[Row] = []
    if "host" in scopes or (platform.embedded and not only):
        rows = [row for row in preflight(platform.node_config) if not only or row.check in only]
    if "cluster" in scopes or not only:
        rows += _of_cluster(platform, only)
    return rows


def _of_cluster(platform: Platform, only: Sequence[str]) -> list[Row]:
    """The checks of the cluster; one row when there is none, or it does not answer."""
    gate = next(check for check in CHECKS if check.gate)
    if platform.embedded and not paths.KUBECONFIG.is_file():
        return [replace(gate.row(skip("there is no cluster on this machine yet")), remedy="slipway up")]
    try:
        context = Context(
            kube=platform.client,
            project=platform.config.project,
            imported=platform.brings_images,
            kubeconfig=kubeconfig(platform.options, platform.catalog.overlay),
            pki=Path(PKI) if platform.embedded else None,
        )
    except SlipwayError as error:
        file = kubeconfig(platform.options, platform.catalog.overlay)
        return [gate.row(server.refused(error, server.ended(file)))]
    first = examine(context, [gate])
    if any(row.result == "fail" for row in first):
        return first
    chosen = [check for check in checks_of("cluster") if not check.gate and (not only or check.name in only)]
    return (first if not only or gate.name in only else []) + _examined(platform, context, chosen)


def _examined(platform: Platform, context: Context, checks: Sequence[Check]) -> list[Row]:
    """The rows of the checks behind the gate, against what would be installed."""
    unplanned = ""
    if any(check.plan for check in checks):
        try:
            context = replace(context, rendered=platform.rendered())
        except BadInput:
            raise
        except SlipwayError as error:
            unplanned = str(error).replace("\n", " ")
    return examine(context, checks, unplanned=unplanned)
