"""The smoke test as a user runs it, and what it does when something is in its way."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from slipway.errors import BadInput, NotYet, SlipwayError
from slipway.kube import Client, Obj, Ref
from slipway.kube.lease import API, lease
from slipway.progress import Reporter
from slipway.smoke import SmokeOptions, names, registry, run
from slipway.smoke.lock import NAME, Lock
from slipway.smoke.objects import serving

Create = Callable[[Obj], Obj]
Slipway = Callable[..., "subprocess.CompletedProcess[str]"]


def left(kube: Client, project: str) -> list[Ref]:
    """Objects of smoke runs that exist."""
    return [ref for ref in names.refs(project) if _exists(kube, ref)]


def _exists(kube: Client, ref: Ref) -> bool:
    try:
        return kube.get(ref.api_version, ref.kind, ref.name, ref.namespace) is not None
    except NotYet:
        return False


@pytest.mark.timeout(900)
def test_from_data_to_a_prediction(slipway: Slipway, kube: Client, project: str, tmp_path: Path) -> None:
    done = slipway("smoke", "--data=digits", f"--report-dir={tmp_path}", "--output=junit", timeout=800)
    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stdout == (tmp_path / "junit.xml").read_text()

    report: dict[str, Any] = json.loads((tmp_path / "report.json").read_text())
    assert [step["state"] for step in report["steps"]] == ["passed"] * 7
    assert report["dataset"]["name"] == "digits"
    assert len(report["trials"]) == 6
    assert all(trial["state"] == "Succeeded" and trial["accuracy"] > 0.1 for trial in report["trials"])
    assert report["best"] in [trial["parameters"] for trial in report["trials"]]
    best = max(trial["accuracy"] for trial in report["trials"])
    assert next(t["accuracy"] for t in report["trials"] if t["parameters"] == report["best"]) == best
    assert [model["framework"] for model in report["models"]] == ["pytorch", "tensorflow"]
    chosen = [model for model in report["models"] if model["chosen"]]
    assert len(chosen) == 1
    assert chosen[0]["onnx_accuracy"] == max(model["onnx_accuracy"] for model in report["models"])
    predictions = report["predictions"]
    assert predictions["count"] >= 300
    assert predictions["accuracy"] >= 0.95
    assert sum(map(sum, predictions["confusion"])) == predictions["count"]
    assert [url.split("/", 3)[3] for url in predictions["urls"]] == [
        "seldon/mnist/api/v0.1/predictions",
        f"seldon/{project}/mnist/api/v1.0/predictions",
    ]
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("7", "0")
    assert "<svg" in (tmp_path / "report.html").read_text()
    assert left(kube, project) == []


@pytest.fixture
def somebodys(kube: Client, project: str, create: Create) -> Obj:
    """A SeldonDeployment of the name that the smoke test uses, by somebody else."""
    assert left(kube, project) == [], "a smoke run was kept: run 'slipway smoke' to remove it"
    obj = serving.build(SmokeOptions(project=project), "mine", "nowhere.invalid/model:1")
    obj["metadata"]["labels"] = {}
    obj["spec"]["predictors"][0]["replicas"] = 0
    return create(obj)


def test_what_belongs_to_others_is_not_touched(kube: Client, project: str, somebodys: Obj, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"is not the smoke test's"):
        run(SmokeOptions(project=project, report_dir=tmp_path), kube, Reporter())
    found = kube.get("machinelearning.seldon.io/v1", "SeldonDeployment", names.SERVE, project)
    assert found is not None
    assert found["metadata"]["uid"] == somebodys["metadata"]["uid"]


@pytest.mark.timeout(300)
def test_a_failure_names_its_cause_and_removes_the_rest(kube: Client, project: str, tmp_path: Path) -> None:
    options = SmokeOptions(
        project=project, data="mnist", mnist_sources=("http://127.0.0.1:9/mnist/",), report_dir=tmp_path
    )
    report = run(options, kube, Reporter())
    assert not report.ok
    assert [step.state for step in report.steps] == ["failed", *["skipped"] * 6]
    assert "MNIST is not available" in report.error
    assert "http://127.0.0.1:9/mnist/" in report.error
    failure = ElementTree.parse(tmp_path / "junit.xml").getroot().find("testcase/failure")
    assert failure is not None
    assert left(kube, project) == []


@pytest.mark.timeout(300)
def test_an_image_that_cannot_be_had_ends_the_wait(kube: Client, project: str, tmp_path: Path) -> None:
    images = {"trainer-torch": "nowhere.invalid/none:1"}
    start = time.monotonic()
    report = run(SmokeOptions(project=project, images=images, report_dir=tmp_path), kube, Reporter())
    assert "ImagePullBackOff" in report.error or "ErrImagePull" in report.error
    assert "nowhere.invalid/none:1" in report.error
    assert time.monotonic() - start < 150


@pytest.fixture
def interrupted(project: str, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The smoke test in a process of its own."""
    command = [str(Path(sys.executable).with_name("slipway")), "smoke", "--data=digits", f"--report-dir={tmp_path}"]
    process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()


@pytest.mark.timeout(300)
def test_an_interrupt_removes_what_was_begun(
    interrupted: subprocess.Popen[str], kube: Client, project: str, eventually: Callable[..., Any]
) -> None:
    tune = next(ref for ref in names.refs(project) if ref.kind == "Experiment")
    eventually(lambda: _exists(kube, tune), timeout=120, what="no Experiment")
    interrupted.send_signal(signal.SIGINT)
    assert interrupted.wait(timeout=120) != 0
    assert left(kube, project) == []


def test_wrong_credentials_are_named(kube: Client, project: str) -> None:
    with pytest.raises(SlipwayError, match=r"no credentials for elsewhere\.invalid"):
        registry.credentials(kube, project, "elsewhere.invalid")


def test_a_second_run_does_not_disturb_the_first(kube: Client, project: str, tmp_path: Path) -> None:
    with (
        Lock(kube, project, "the-first", Reporter()),
        pytest.raises(SlipwayError, match=r"another smoke test is under way \(the-first\)"),
    ):
        run(SmokeOptions(project=project, report_dir=tmp_path), kube, Reporter())
    assert list(tmp_path.iterdir()) == []
    # It is free again, also for one that finds a Lease that was never given back.
    kube.create(lease(Ref(API, "Lease", project, NAME), "killed"))
    with Lock(kube, project, "the-next", Reporter()):
        found = kube.get(API, "Lease", NAME, project)
        assert found is not None
        assert found["spec"]["holderIdentity"] == "the-next"
    assert kube.get(API, "Lease", NAME, project) is None
