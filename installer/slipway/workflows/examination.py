"""What the doctor says of this machine and of a cluster; nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from slipway import paths
from slipway.doctor.cluster import server
from slipway.doctor.cluster.context import ClusterCheck, Context
from slipway.doctor.examine import examine
from slipway.doctor.model import RESULTS, Row
from slipway.doctor.page import SERVER_CHECKED
from slipway.doctor.preflight import TABLE, preflight
from slipway.doctor.table import CLUSTER, SERVER
from slipway.errors import BadInput, SlipwayError
from slipway.workflows.platform import Platform
from slipway.workflows.target import kubeconfig

PKI = "/etc/kubernetes/pki"


def refuse_unknown(only: Sequence[str]) -> None:
    """Raises BadInput for a name that no check has."""
    names = [SERVER, *(check.name for check in CLUSTER), *(check.name for check in TABLE)]
    for name in only:
        if name not in names:
            raise BadInput(f"there is no check '{name}'", "--only", f"one of: {', '.join(names)}")


def diagnose(platform: Platform, only: Sequence[str]) -> list[Row]:
    """The rows of the machine, where it is the cluster, and of the cluster."""
    machine = {check.name for check in TABLE}
    rows: list[Row] = []
    if (platform.embedded and not only) or machine & set(only):
        rows = [row for row in _of_machine(platform) if not only or row.check in only]
    if not only or set(only) - machine:
        rows += _of_cluster(platform, only)
    return rows


def _of_machine(platform: Platform) -> list[Row]:
    """The checks of this machine."""
    return [
        Row(check.name, "host", check.checked, RESULTS[each.level], each.says, each.remedy)
        for check, each in zip(TABLE, preflight(platform.node_config), strict=True)
    ]


def _of_cluster(platform: Platform, only: Sequence[str]) -> list[Row]:
    """The checks of the cluster; one row when there is none, or it does not answer."""
    if platform.embedded and not paths.KUBECONFIG.is_file():
        return [Row(SERVER, "cluster", SERVER_CHECKED, "skip", "there is no cluster on this machine yet", "slipway up")]
    seen = server.look(lambda: platform.client, kubeconfig(platform.options, platform.catalog.overlay))
    first = [Row(SERVER, "cluster", SERVER_CHECKED, RESULTS[seen.level], seen.says, seen.remedy)]
    if seen.level == "error":
        return first
    rows = first if not only or SERVER in only else []
    checks = [check for check in CLUSTER if not only or check.name in only]
    return rows + _examined(platform, checks)


def _examined(platform: Platform, checks: Sequence[ClusterCheck]) -> list[Row]:

    rendered, unplanned = {}, ""
    if any(check.plan for check in checks):
        try:
            rendered = platform.rendered()
        except BadInput:
            raise
        except SlipwayError as error:
            unplanned = str(error).replace("\n", " ")
    context = Context(
        kube=platform.client,
        rendered=rendered,
        project=platform.config.project,
        imported=platform.brings_images,
        kubeconfig=kubeconfig(platform.options, platform.catalog.overlay),
        pki=Path(PKI) if platform.embedded else None,
    )
    return examine(context, checks, unplanned=unplanned)
