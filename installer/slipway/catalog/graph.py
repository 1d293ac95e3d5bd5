"""The dependency graph of components: closure, levels, cycles. Pure functions of name → names it requires."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from slipway.errors import BadInput

Requires = Mapping[str, tuple[str, ...]]


def closure(requires: Requires, names: Iterable[str]) -> set[str]:
    """``names`` and all they require, directly or not. Raises BadInput when one is missing."""
    found: set[str] = set()
    queue = list(names)
    while queue:
        name = queue.pop()
        if name in found:
            continue
        if name not in requires:
            raise BadInput(f"component '{name}' is not in this overlay", remedy=_remedy(requires, name))
        found.add(name)
        queue.extend(requires[name])
    return found


def dependents(requires: Requires, name: str) -> set[str]:
    """All that require ``name``, directly or not."""
    found: set[str] = set()
    queue = [name]
    while queue:
        current = queue.pop()
        for other, needed in requires.items():
            if current in needed and other not in found:
                found.add(other)
                queue.append(other)
    return found


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
    rest = dict(requires)
    waves: list[list[str]] = []
    while rest:
        wave = sorted(name for name, needed in rest.items() if not any(other in rest for other in needed))
        if not wave:
            raise BadInput(f"components require each other in a circle: {' → '.join(_cycle(rest))}")
        waves.append(wave)
        for name in wave:
            del rest[name]
    return waves


def _cycle(rest: Requires) -> list[str]:
    """A circle in a graph whose every node requires another of it."""
    path = [min(rest)]
    while True:
        following = min(other for other in rest[path[-1]] if other in rest)
        if following in path:
            return [*path[path.index(following) :], following]
        path.append(following)


def _remedy(requires: Requires, name: str) -> str:
    import difflib

    close = difflib.get_close_matches(name, requires, n=1)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"the overlay has: {', '.join(sorted(requires)) or 'no components'}"
