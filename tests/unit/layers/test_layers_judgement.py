"""The runner of all layers: what a machine can carry, what runs beside what, the table and the exit code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import layers_report as report
import pytest
from layers_machine import BESIDE_GIB, Machine, may_run_beside, missing, probe
from layers_model import LAYERS, Layer, Result
from layers_schedule import following

ROOT = Path(__file__).resolve().parents[3]
ABLE = Machine(root=True, namespaces="", cgroups="", sources="", disk=100, memory=20, cores=2)
BY_NAME = {layer.name: layer for layer in LAYERS}
#: They run anywhere; these take the platform.
PURE, PLATFORM = {"lint", "unit", "render"}, {"e2e", "conformance", "infra", "lifecycle"}


def carried(machine: Machine) -> set[str]:
    return {layer.name for layer in LAYERS if not missing(layer, machine)}


def test_an_able_machine_carries_all() -> None:
    assert carried(ABLE) == set(BY_NAME)


def test_every_layer_is_a_target_that_make_help_names() -> None:
    lines = (ROOT / "Makefile").read_text().splitlines()
    for layer in LAYERS:
        assert [line for line in lines if line.startswith(f"{layer.name}:") and "## " in line], layer.name


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"root": False}, {*PURE, "api"}),
        ({"namespaces": "no namespaces: Operation not permitted"}, {*PURE, "api", *PLATFORM}),
        ({"cgroups": "cgroups cannot be made: Read-only file system"}, {*PURE, "api", *PLATFORM}),
        ({"sources": "no sources of Debian bookworm"}, {*PURE, "api", *PLATFORM}),
        ({"programs": {"unit": "not root, and these packages are missing: skopeo"}}, set(BY_NAME) - {"unit"}),
        ({"node": ("cgroups: not mounted",)}, set(BY_NAME) - PLATFORM),
        ({"disk": 9.0}, set(BY_NAME) - {"fresh", "airgap"}),
        ({"memory": 1.0}, {*PURE, "artifacts", *PLATFORM}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_poorer_one_carries_the_rest(change: dict[str, object], left: set[str]) -> None:
    poorer = replace(ABLE, **change)  # type: ignore[arg-type]
    assert carried(poorer) == left


def test_every_reason_is_told() -> None:
    poor = replace(ABLE, namespaces="no namespaces", cgroups="no cgroups are mounted", disk=1.5)
    why = missing(BY_NAME["airgap"], poor)
    assert why == "no namespaces; no cgroups are mounted; 12 GiB of disk in /var/tmp, 1.5 are free"


def test_this_machine_can_be_judged() -> None:
    found = probe()
    assert found.cores > 0 and found.memory > 0 and found.disk > 0
    assert carried(found) >= PURE


def test_two_at_a_time_takes_cores_and_memory() -> None:
    assert may_run_beside(ABLE)
    assert not may_run_beside(replace(ABLE, cores=1))
    assert not may_run_beside(replace(ABLE, memory=BESIDE_GIB - 1))


def test_beside_runs_only_what_is_tolerated() -> None:
    hosts, api, fresh, airgap = (BY_NAME[name] for name in ("hosts", "api", "fresh", "airgap"))
    assert following([hosts, api, fresh, airgap], [], 2) == hosts
    assert following([api, fresh, airgap], [hosts], 2) == api
    assert following([api, fresh, airgap], [hosts], 1) is None
    assert following([fresh, airgap], [hosts, api], 2) is None
    assert following([fresh, airgap], [hosts], 2) == airgap
    assert following([fresh, airgap], [api], 2) is None
    assert following([fresh, airgap], [], 2) == fresh
    for layer in LAYERS:
        if layer.platform or layer.name == "fresh":
            assert not [other.name for other in LAYERS if layer.tolerates(other)]


GOOD = '<testsuites><testsuite tests="2" failures="0" errors="0" skipped="0"/></testsuites>'
JUNIT = """<testsuites><testsuite tests="6" failures="1" errors="1" skipped="1">
<testcase classname="tests.api.test_a" time="61.5"/><testcase classname="tests.api.test_a" time="2.5"/>
<testcase classname="tests.api.test_b" time="70"/></testsuite></testsuites>"""


@pytest.mark.parametrize(
    ("text", "code", "counts", "why"),
    [
        (JUNIT, 1, (3, 2, 1), ""),
        (GOOD, 0, (2, 0, 0), ""),
        # All passed, and yet the end was not a good one.
        (GOOD, 3, (2, 1, 0), "ended with 3"),
        ("", 0, (1, 0, 0), ""),
        ("", 2, (0, 1, 0), "ended with 2"),
        (JUNIT[:90], -9, (0, 1, 0), "ended with -9"),
    ],
)
def test_results_are_read(tmp_path: Path, text: str, code: int, counts: tuple[int, int, int], why: str) -> None:
    junit = tmp_path / "api.xml"
    if text:
        junit.write_text(text)
    found = report.read(BY_NAME["api"], code, 1, junit)
    assert ((found.passed, found.failed, found.skipped), found.why) == (counts, why)
    if counts == (3, 2, 1):
        assert report.longest([found]) == ["longest in api: tests.api.test_b 1:10, tests.api.test_a 1:04"]


def test_the_table_and_the_closing_line() -> None:
    layer = Layer("hosts", 720)
    results = [
        Result("lint", 1, 0, 0, 61, 90),
        Result("api", 281, 2, 42, 531.7, 540),
        report.not_run(layer, "needs root", demanded=False),
    ]
    assert report.table(results) == [
        "layer  passed  failed  skipped  time  budget",
        "lint        1       0        0  1:01    1:30",
        "api       281       2       42  8:51    9:00",
        "hosts       0       0        1     –   12:00  needs root",
    ]
    assert report.totals(results) == "282 passed, 2 failed, 43 skipped"


def test_the_exit_code() -> None:
    good, bad, layer = Result("a", 1), Result("b", 5, 1), Layer("c", 1)
    assert report.code([good]) == 0
    assert report.code([good, bad]) == 1
    assert report.code([good, report.not_run(layer, "no", demanded=False)]) == 0
    assert report.code([good, report.not_run(layer, "no", demanded=True)]) == 1
    # Nothing ran: that is no success.
    assert report.code([report.not_run(layer, "no", demanded=False)]) == 1
