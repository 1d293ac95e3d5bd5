"""Fixtures of the tests against the running platform; what the cluster looked like is kept for every failure."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest
from slipway.errors import NotYet, SlipwayError
from slipway.kube import Client, Obj, ref_of
from slipway.paths import KUBECONFIG
from slipway.progress import Reporter
from slipway.smoke import SmokeOptions
from slipway.smoke.context import Context

# For what the tests beside this file share.
sys.path.insert(0, str(Path(__file__).parent))
ROOT = Path(__file__).resolve().parents[2]
#: Where the components live; other namespaces do not interest a reader of a failure.
NAMESPACES = (
    "kube-system", "local-path", "workbench", "registry", "argo", "kubeflow", "jupyterhub", "ambassador",
    "seldon-system",
)  # fmt: skip

T = TypeVar("T")
Slipway = Callable[..., subprocess.CompletedProcess[str]]
Eventually = Callable[..., Any]


def _connect() -> Client:
    path = os.environ.get("KUBECONFIG") or str(KUBECONFIG)
    try:
        client = Client.from_kubeconfig(path)
        client.request("GET", "/readyz")
        return client
    except SlipwayError as error:
        cause = str(error)
    pytest.fail(f"no running platform, run 'make up' first: {cause}", pytrace=False)


@pytest.fixture(scope="session")
def kube() -> Client:
    """A client of the embedded cluster (or of $KUBECONFIG). Without a cluster the test fails, it is never skipped."""
    return _connect()


@pytest.fixture(scope="session")
def node_ip(kube: Client) -> str:
    """The address of the first node."""
    addresses = kube.objects("v1", "Node")[0]["status"]["addresses"]
    return str(next(a["address"] for a in addresses if a["type"] == "InternalIP"))


@pytest.fixture(scope="session")
def gateway(node_ip: str) -> str:
    """The URL of the platform's front door."""
    return f"http://{node_ip}:30080"


@pytest.fixture(scope="session")
def project() -> str:
    """The namespace in which users work."""
    return os.environ.get("SLIPWAY_PROJECT", "workbench")


@pytest.fixture(scope="session")
def slipway() -> Slipway:
    """Run the command line: ``slipway("status", "--output", "json", timeout=60)`` → CompletedProcess, never raises."""
    command = str(Path(sys.executable).with_name("slipway"))

    def run(*arguments: str, timeout: float = 600, **extra_env: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **extra_env}
        return subprocess.run(
            [command, *arguments],
            cwd=ROOT,
            env=environment,
            timeout=timeout,
            text=True,
            capture_output=True,
            check=False,
        )

    return run


@pytest.fixture
def temp_name() -> str:
    """A name that nothing else in the cluster has: letters and digits, at most 12 characters."""
    return f"e2e-{secrets.token_hex(4)}"


@pytest.fixture
def context(kube: Client, project: str, temp_name: str) -> Context:
    """A run of the smoke test, with a name of its own."""
    context = Context.create(SmokeOptions(project=project), kube, Reporter())
    context.run = temp_name
    return context


@pytest.fixture
def eventually() -> Eventually:
    """``eventually(question, timeout=60, what="…")`` asks until the answer is true and returns it.

    NotYet and an AssertionError count as a no; the last one is shown when the time is over.
    """

    def ask(question: Callable[[], T], *, timeout: float = 60, every: float = 1, what: str = "") -> T:
        end = time.monotonic() + timeout
        last: object = None
        while time.monotonic() < end:
            try:
                last = question()
                if last:
                    return last
            except (NotYet, AssertionError) as error:
                last = error
            time.sleep(every)
        raise AssertionError(f"{what or 'no good answer'} within {timeout:.0f} s; the last answer: {last!r}")

    return ask


@pytest.fixture
def create(kube: Client) -> Iterator[Callable[[Obj], Obj]]:
    """Create an object (a Secret first, a Pod then); all are deleted when the test is over, also after a failure."""
    made: list[Obj] = []

    def make(obj: Obj) -> Obj:
        answer = kube.create(obj)
        made.append(answer)
        return answer

    yield make
    for obj in reversed(made):
        kube.delete(ref_of(obj))


# -- what a failure leaves for its reader ------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the cluster's state in out/e2e/<test>/ when a test fails; runs before the test's fixtures clean up."""
    report = yield
    if report.failed:
        # Without a cluster there is nothing to keep; the failure itself says so.
        with suppress(SlipwayError):
            _dump(item.nodeid, Client.from_kubeconfig(os.environ.get("KUBECONFIG") or str(KUBECONFIG)))
    return report


def _dump(nodeid: str, kube: Client) -> None:
    """Pods, events and last log lines of each namespace; a namespace that cannot be read says why."""
    target = ROOT / "out" / "e2e" / re.sub(r"[^\w.-]+", "_", nodeid.split("::", 1)[-1])
    shutil.rmtree(target, ignore_errors=True)
    for namespace in NAMESPACES:
        directory = target / namespace
        directory.mkdir(parents=True, exist_ok=True)
        try:
            pods = kube.objects("v1", "Pod", namespace)
            events = kube.objects("v1", "Event", namespace)
        except SlipwayError as error:
            (directory / "unreadable.txt").write_text(str(error))
            continue
        (directory / "pods.json").write_text(json.dumps(pods, indent=1))
        (directory / "events.txt").write_text("".join(_event_line(event) for event in sorted(events, key=_event_time)))
        for pod in pods:
            _logs(kube, pod, directory)


def _event_time(event: Obj) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp"))


def _event_line(event: Obj) -> str:
    about = event.get("involvedObject") or {}
    words = (event.get("type"), event.get("reason"), f"{about.get('kind')}/{about.get('name')}", event.get("message"))
    return f"{_event_time(event)} {' '.join(str(word) for word in words)}\n"


def _logs(kube: Client, pod: Obj, directory: Path) -> None:
    name, spec = pod["metadata"]["name"], pod["spec"]
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        text = kube.logs(pod["metadata"]["namespace"], name, container["name"], tail=200)
        (directory / f"{name}.{container['name']}.log").write_text(text)
