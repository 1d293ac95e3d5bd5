"""The dependency graph of components: levels and cycles. Pure functions of name → names it requires."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from slipway.catalog.component import Component
from slipway.errors import BadInput

Requires = Mapping[str, tuple[str, ...]]


def order(components: Mapping[str, Component]) -> dict[str, tuple[str, ...]]:
    """Who waits for whom among ``components``: what they require, and what comes first where it is there."""
    return {
        name: tuple(other for other in (*component.requires, *component.after) if other in components)
        for name, component in components.items()
    }


def levels(requires: Requires) -> list[list[str]]:
    """Waves: each requires only what stands in waves before it; sorted inside.

    Raises BadInput for a missing requirement or a cycle, which it names.
    """
    for name, needed in requires.items():
        for other in needed:
            if other not in requires:
                raise BadInput(
                    f"component '{name}' requires '{other}', which is not in this overlay",
                    remedy=_remedy(requires, other),
                )
    sorter = TopologicalSorter(requires)
    try:
        sorter.prepare()
    except CycleError as error:
        # It is told from what is required to what requires it.
        circle = " → ".join(reversed(error.args[1]))
        raise BadInput(f"components require each other in a circle: {circle}") from None
    waves: list[list[str]] = []
    while sorter:
        waves.append(sorted(sorter.get_ready()))
        sorter.done(*waves[-1])
    return waves


def _remedy(requires: Requires, name: str) -> str:
    import difflib

    close = difflib.get_close_matches(name, requires, n=1)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"the overlay has: {', '.join(sorted(requires)) or 'no components'}"
