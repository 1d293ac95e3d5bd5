"""Fixtures: API servers (api_server.py), and components to install in them."""

from __future__ import annotations

import base64
import secrets
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from slipway.kube import Client
from slipway.progress import Reporter

# For the modules beside this file, which it and the tests import.
sys.path.insert(0, str(Path(__file__).parent))

from api_server import CONTROLLERS, Server, running

#: Modules that take long stand first: begun last, one of them would keep one worker at work and the others idle.
LONG = (
    "test_resume_properties.py", "test_damaged.py", "test_whole_platform.py", "test_schemas.py", "test_backup.py",
    "test_export_installs.py",
    "test_uninstall_kept.py", "test_uninstall_whole.py", "test_faults.py", "test_resume.py", "test_uninstall.py",
    "test_definitions_first.py", "test_uninstall_ending.py", "test_cluster_pages.py",
    "test_uninstall_users.py", "test_howto.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long modules first, each with its tests in their order."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


@pytest.fixture(scope="session", autouse=True)
def journals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Installers of these tests keep their journals here."""
    with pytest.MonkeyPatch.context() as patch:
        place = tmp_path_factory.mktemp("state")
        patch.setenv("XDG_STATE_HOME", str(place))
        yield place / "slipway" / "journal"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One API server for all tests of a run."""
    with running(tmp_path_factory.mktemp("api")) as found:
        yield found


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[Server]:
    """An API server of a test's own."""
    with running(tmp_path / "api") as found:
        yield found


@pytest.fixture(scope="module")
def module_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An API server of a module's own."""
    with running(tmp_path_factory.mktemp("module")) as found:
        yield found


@pytest.fixture(scope="module")
def faulty_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One of a module's own that makes pods of Deployments and knows which endpoints a webhook has."""
    more = f"{CONTROLLERS},deployment-controller,replicaset-controller,statefulset-controller,resourcequota-controller"
    with running(tmp_path_factory.mktemp("faulty"), more, "--enable-aggregator-routing=true") as found:
        yield found


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Client:
    """A client of the API server, or of that whose fixture the module names as its SERVER."""
    chosen: Server = request.getfixturevalue(getattr(request.module, "SERVER", "server"))
    return chosen.client


@pytest.fixture
def reporter() -> Reporter:
    """A reporter whose lines can be read: ``reporter.stream.getvalue()``."""
    return Reporter("plain", StringIO())


@pytest.fixture
def unique() -> str:
    """A name that no other test has."""
    return "t" + base64.b32encode(secrets.token_bytes(5)).decode().lower().rstrip("=")


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., Path]:
    """Writes components (name → dictionary of files) as manifests/ and overlays/test/ into a directory."""

    def write(components: dict[str, dict[str, Any]]) -> Path:
        for name, parts in components.items():
            base = tmp_path / "manifests" / name / "1.0"
            base.mkdir(parents=True, exist_ok=True)
            for old in base.glob("*.yaml"):
                old.unlink()
            spec: dict[str, Any] = {"version": "1.0", "edition": "compact", "description": name, "namespace": name}
            objects = parts.get("objects", [])
            spec |= parts.get("spec", {})
            component = {"apiVersion": "slipway.dev/v1", "kind": "Component", "metadata": {"name": name}, "spec": spec}
            (base / "component.yaml").write_text(yaml.safe_dump(component))
            (base / "objects.yaml").write_text(yaml.safe_dump_all(objects))
            (base / "kustomization.yaml").write_text(yaml.safe_dump({"resources": ["objects.yaml"]}))
            overlay = tmp_path / "overlays" / "test" / name
            overlay.mkdir(parents=True, exist_ok=True)
            kustomization = {"resources": [f"../../../manifests/{name}/1.0"]}
            (overlay / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        return tmp_path

    return write
