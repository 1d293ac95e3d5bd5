"""`python tests/layers/layers_run.py`: every layer that this machine can carry, and a table of what became of each.

Exit codes: 0 all went well, 1 a layer failed (with CI=true: or could not run) or none could run, 2 wrong words, 130
interrupted.
Logs and results are in out/<layer>.log and out/<layer>.xml.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# The helpers of all tests, which a test has on its path and a program has not.
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import layers_leftovers as leftovers
import layers_machine as machine
import layers_report as report
from layers_model import LAYERS, Layer, Result
from layers_platform import Place, play_platform
from layers_process import say
from layers_schedule import Interrupted, Run, environment, interruptible, play
from slipway import paths

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "out"
PLACE = Place(Path(sys.executable).with_name("slipway"), paths.KUBECONFIG)
INTERRUPTED = 130


def play_all(layers: Sequence[Layer], found: machine.Machine, run: Run, place: Place = PLACE, *, demanded: bool) -> int:
    """Run the layers that the machine can carry, say what became of each, and return the exit code."""
    whys = {layer.name: machine.missing(layer, found) for layer in layers}
    results: dict[str, Result] = {}

    def tell(result: Result) -> None:
        results[result.name] = result

    for layer in layers:
        if why := whys[layer.name]:
            say(f"{layer.name} cannot run here: {why}\n")
            tell(report.not_run(layer, why, demanded=demanded))
    able = [layer for layer in layers if not whys[layer.name]]
    stopped = False
    try:
        with interruptible():
            play([layer for layer in able if not layer.platform], run, tell)
            if platform := [layer for layer in able if layer.platform]:
                play_platform(platform, place, run, tell, demanded=demanded)
    except Interrupted:
        stopped = True
    for layer in layers:
        if layer.name not in results:
            tell(report.not_run(layer, "not begun", demanded=True))
    _say(sorted(results.values(), key=lambda result: _place(result.name, layers)))
    return INTERRUPTED if stopped else report.code(list(results.values()))


def _place(name: str, layers: Sequence[Layer]) -> float:
    """Where a row stands: as the layers do, the platform's beginning and end around its layers."""
    names = [layer.name for layer in layers]
    if name in names:
        return names.index(name)
    first = min((number for number, layer in enumerate(layers) if layer.platform), default=len(names))
    return first - 0.5 if name == "up" else len(names)


def _say(results: Sequence[Result]) -> None:
    lines = ["", *report.longest(results), "", *report.table(results), "", report.totals(results)]
    say("\n".join(lines) + "\n")


def chosen(names: Sequence[str]) -> list[Layer]:
    """The layers of these names in their order; all when none is named."""
    return [layer for layer in LAYERS if not names or layer.name in names]


def main(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """What the Makefile calls."""
    parser = argparse.ArgumentParser(description="Every layer of tests that this machine can carry.")
    parser.add_argument(
        "--only", action="append", default=[], choices=[layer.name for layer in LAYERS], help="just this layer; again"
    )
    parser.add_argument(
        "--beside",
        action=argparse.BooleanOptionalAction,
        help="two layers at a time where neither is in the other's way "
        f"(default: from {machine.BESIDE_CORES} cores and {machine.BESIDE_GIB} GiB of free memory on)",
    )
    options = parser.parse_args(words)
    OUT.mkdir(exist_ok=True)
    if ended := leftovers.sweep(ROOT):
        say(f"ended what a killed run had left: processes {', '.join(map(str, ended))}\n")
    found = machine.probe()
    beside = machine.may_run_beside(found) if options.beside is None else options.beside
    run = Run(OUT, ROOT, environment(), abreast=2 if beside else 1)
    return play_all(chosen(options.only), found, run, demanded=environ.get("CI") == "true")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
