"""Slipway beside kubectl, kapp, Helm and helmfile: the platform, and 5,000 objects in 50 components.

The contestants take turns, each on a fresh API server of the same making, and what is told is the median of the
rounds. A node is played: workloads are ready at once, so that no figure holds the time of a Pod.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

from contest.contestants import ACTIONS, MAKERS, WARM
from contest.run import Taken, Unfit, round_of
from contest.tools import tools
from contest.trees import Tree, many, platform
from figure import Figure

Table = dict[str, dict[str, list[Taken]]]
#: Rounds of each contest; a contest of thousands of objects is long enough to be told from chance.
ROUNDS, ROUNDS_OF_MANY = int(os.environ.get("ROUNDS", "3")), 1
#: (what, what of theirs, against, at most this much of their time): the goals.
GOALS = (
    ("install", "install", "fastest", 1.0),
    ("install", "install", "kubectl", 0.5),
    (WARM, "install", "fastest", 1.0),
    (WARM, "install", "kubectl", 0.5),
    ("again", "again", "fastest", 1 / 3),
    ("plan", "plan", "kubectl", 1 / 3),
)
MEMORY = 300.0


def measure() -> list[Figure]:
    """All contests; the tables are printed as they come."""
    made, figures = tools(), list[Figure]()
    with tempfile.TemporaryDirectory(prefix="slipway-trees-") as directory:
        home = Path(directory)
        of_platform = _contest(platform(home / "platform"), made, ROUNDS)
        figures += [*_figures("platform", of_platform), *_ratios("platform", of_platform)]
        few = _contest(many(home / "few", 10), made, ROUNDS_OF_MANY, ("slipway",))
        lots = _contest(many(home / "many", 50), made, ROUNDS_OF_MANY)
        figures += [*_figures("1,000 objects", few), *_figures("5,000 objects", lots), *_ratios("5,000 objects", lots)]
        figures += _growth(few, lots)
    return figures


def _contest(tree: Tree, made: Mapping[str, str], rounds: int, names: tuple[str, ...] = tuple(MAKERS)) -> Table:
    rendered = tree.rendered()
    count = sum(len(item.objects) for item in rendered.values())
    print(f"  {tree.name}: {count} objects of {len(rendered)} components, load {os.getloadavg()[0]:.1f}", flush=True)
    table: Table = {name: {} for name in names if name == "slipway" or name in made}
    for turn in range(rounds):
        # Nobody is always the first.
        for name in [*table][turn % len(table) :] + [*table][: turn % len(table)]:
            try:
                done = round_of(name, tree, rendered, made)
            except Unfit as error:
                if name == "slipway":
                    sys.exit(str(error))
                print(f"    {name} is not measured: {error}", flush=True)
                del table[name]
                continue
            for action, taken in done.items():
                table[name].setdefault(action, []).append(taken)
    for line in _lines(table):
        print(f"    {line}", flush=True)
    print(f"    load at the end {os.getloadavg()[0]:.1f}", flush=True)
    return table


def _lines(table: Table) -> Iterator[str]:
    yield f"{'':<34}{'seconds':>9}{'(each round)':>26}{'own CPU':>9}{'server CPU':>12}{'MiB':>7}{'requests':>10}"
    for action in ACTIONS:
        for name, rows in table.items():
            taken = rows.get(action)
            if taken:
                each = " ".join(f"{item.seconds:.2f}" for item in taken)
                cpu, server = median(t.cpu for t in taken), median(t.server for t in taken)
                memory, calls = max(t.memory for t in taken) / 1024, median(t.calls for t in taken)
                wall = median(t.seconds for t in taken)
                yield (
                    f"{action:<25}{name:<9}{wall:9.2f}{'(' + each + ')':>26}{cpu:9.2f}{server:12.2f}"
                    f"{memory:7.0f}{calls:10.0f}"
                )


def _figures(what: str, table: Table) -> Iterator[Figure]:
    for action in ACTIONS:
        for name, rows in table.items():
            taken = rows.get(action)
            if taken:
                text = f"{what}, {action}: {name}"
                goal = MEMORY if name == "slipway" else None
                yield Figure(text, median(t.seconds for t in taken), "s", "median of the rounds")
                yield Figure(f"{text}, memory", max(t.memory for t in taken) / 1024, "MiB", "largest process", goal)
                yield Figure(f"{text}, requests", median(t.calls for t in taken), "", "the API server's audit log")


def _ratios(what: str, table: Table) -> Iterator[Figure]:
    for action, theirs, against, goal in GOALS:
        own = median(t.seconds for t in table["slipway"][action])
        times = {name: median(t.seconds for t in rows[theirs]) for name, rows in table.items() if theirs in rows}
        times.pop("slipway")
        if against == "fastest" and times:
            against = min(times, key=lambda name: times[name])
        if against in times:
            text = f"{what}, {action}: Slipway's time to {against}'s"
            yield Figure(text, own / times[against], "×", "the two medians", round(goal, 2))


def _growth(few: Table, lots: Table) -> Iterator[Figure]:
    """Five times the objects: at most five times the time."""
    for action in ACTIONS[:4]:
        one, five = (median(t.seconds for t in table["slipway"][action]) for table in (few, lots))
        yield Figure(f"{action}: 5,000 objects' time to 1,000's", five / one, "×", "the two medians", 5)
