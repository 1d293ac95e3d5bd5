"""The checks of the machine, before it is to carry the embedded cluster."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from slipway.doctor.check import Row
from slipway.doctor.facts import Facts
from slipway.doctor.table import CHECKS
from slipway.errors import SlipwayError

if TYPE_CHECKING:
    from slipway.node import NodeConfig


def judge(facts: Facts) -> list[Row]:
    """Every check's finding."""
    return [check.row(check.host(facts)) for check in CHECKS if check.host]


def preflight(config: NodeConfig | None = None) -> list[Row]:
    """The findings for this machine and the node that it is to carry."""
    from slipway.doctor.gather import gather
    from slipway.node import NodeConfig

    return judge(gather(config or NodeConfig()))


def require(rows: Iterable[Row]) -> None:
    """Raises SlipwayError that names every failed check."""
    failed = [row for row in rows if row.result == "fail"]
    if failed:
        raise SlipwayError(
            "this machine cannot carry the embedded cluster",
            "doctor",
            failed[0].remedy if len(failed) == 1 else "slipway doctor shows each with its remedy",
            tuple(f"{row.check}: {row.cause}" for row in failed),
        )
