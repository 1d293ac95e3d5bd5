"""Running the checks of a cluster: side by side, none of them stops another one."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

from slipway.doctor.check import Check, Row
from slipway.doctor.cluster import nodes
from slipway.doctor.cluster.context import Context
from slipway.doctor.cluster.space import space
from slipway.doctor.finding import fail, skip
from slipway.doctor.table import CHECKS
from slipway.errors import SlipwayError
from slipway.kube import ApiError, Client, Ref

AT_ONCE = 4
DENIED = "ask an administrator for a role that may read this, or use another kubeconfig"


def examine(ctx: Context, checks: Sequence[Check], *, unplanned: str = "") -> list[Row]:
    """The rows of all checks. ``unplanned``: why there is no plan; checks that need one are skipped then.

    Pods run in a namespace of the doctor's own, which is gone when this returns. Raises SlipwayError when it is not.
    """
    reasons = {check.name: f"there is no plan: {unplanned}" for check in checks if check.plan and unplanned}
    with ExitStack() as stack:
        if any(check.pods and check.name not in reasons for check in checks):
            why = podless(ctx.kube)
            try:
                ctx = ctx if why else replace(ctx, space=stack.enter_context(space(ctx.kube)))
            except SlipwayError as error:
                why = f"no namespace for pods: {error.what}"
            if why:
                reasons |= {check.name: why for check in checks if check.pods and not check.podless}
        first = _first(ctx, reasons) if ctx.space else []
        if any(row.result == "fail" for row in first):
            why = f"no pod runs: {first[0].cause}"
            reasons |= {check.name: why for check in checks if check.pods and not check.unstarted}
        shown = any(check.first for check in checks) or any(row.result == "fail" for row in first)
        rows = _side_by_side(ctx, [check for check in checks if not check.first or not first], reasons)
        return _placed(first if shown else [], rows)


def _first(ctx: Context, reasons: dict[str, str]) -> list[Row]:
    """What the very first pod says; pulls are asked all the same, for they say more of images."""
    check = next(check for check in CHECKS if check.first)
    return _one(ctx, check, reasons.get(check.name, ""))


def _placed(first: list[Row], rows: list[Row]) -> list[Row]:
    """The first pod's row before those of other checks with pods."""
    with_pods = {check.name for check in CHECKS if check.pods}
    place = next((number for number, row in enumerate(rows) if row.check in with_pods), len(rows))
    return [*rows[:place], *first, *rows[place:]]


def podless(kube: Client) -> str:
    """Why no pod can run; "" when one can."""
    try:
        return "" if nodes.usable(kube.objects("v1", "Node")) else "no node is ready and takes pods"
    except SlipwayError as error:
        return f"the nodes cannot be read: {error.what}"


def _side_by_side(ctx: Context, checks: Sequence[Check], reasons: dict[str, str]) -> list[Row]:
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        todo = [pool.submit(_one, ctx, check, reasons.get(check.name, "")) for check in checks]
        return [row for future in todo for row in future.result()]
    except BaseException:
        # Interrupted: without their namespace the pods end now, and the threads that wait for them, too.
        if ctx.space:
            ctx.kube.delete(Ref("v1", "Namespace", "", ctx.space))
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _one(ctx: Context, check: Check, reason: str) -> list[Row]:
    try:
        findings = [skip(reason)] if reason else check.run(ctx)
    except SlipwayError as error:
        where = f"{error.where}: " if error.where else ""
        denied = isinstance(error, ApiError) and error.status == 403
        remedy = error.remedy or (DENIED if denied else "slipway doctor again; --verbose says more")
        findings = [fail(f"could not be checked: {where}{error.what}", remedy)]
    return [check.row(finding) for finding in findings]
