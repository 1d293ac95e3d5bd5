"""What an export installs, by the commands of its README, is what Slipway installs.

Left out of the comparison: status, what the API server writes (uid, addresses of Services, the binding of volumes), the
field managers, Helm's own label and annotations, the values of Secrets (random: their keys and types are compared), and
of webhooks what the components themselves write.
"""

from __future__ import annotations

import base64
import difflib
import json
import re
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from exported import Identity, commands, identities_in, run, state
from played_node import playing, without_probes
from slipway import artifacts, paths
from slipway.catalog import load_catalog
from slipway.export import formats
from slipway.export.model import Repository, repository
from slipway.export.write import write
from slipway.kube import Client, Obj, Ref, ref_of
from slipway.kube.objects import identity
from slipway.progress import Reporter
from slipway.release.applying.engine import install
from slipway.release.planning.plan import Plan
from slipway.render import Rendered

OVERLAY = "ci"
PROJECT = "workbench"


@pytest.fixture(scope="module")
def rendered() -> dict[str, Rendered]:
    return without_probes(OVERLAY)


@pytest.fixture(scope="module")
def exported(rendered: dict[str, Rendered]) -> Repository:
    catalog = load_catalog(paths.distribution(), OVERLAY)
    timeouts = dict.fromkeys(rendered, 120)
    return repository(
        rendered, catalog.waves(), catalog.requires, timeouts, overlay=OVERLAY, project=PROJECT, version="0.1.0"
    )


@pytest.fixture(scope="module")
def refs(exported: Repository) -> list[Ref]:
    """All that is to be there: the objects, and the Secrets of the recipe."""
    return [ref_of(obj) for part in exported.parts for obj in part.objects] + [s.ref for s in exported.secrets]


@pytest.fixture(scope="module")
def by_slipway(module_server: Any, rendered: dict[str, Rendered], refs: list[Ref]) -> dict[Ref, Obj | None]:
    """The objects of an installation by Slipway's own engine."""
    client: Client = module_server.client
    with playing(client):
        done = install(plan(rendered), client, Reporter("plain"))
    assert done.ok, [str(outcome.error) for outcome in done.outcomes if outcome.error]
    return state(client, refs)


def plan(rendered: dict[str, Rendered]) -> Plan:
    return Plan(OVERLAY, PROJECT, rendered, dict.fromkeys(rendered, 120))


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with kubectl and helm."""
    artifacts.ensure(["binary/kubernetes", "binary/helm"], Reporter("plain"))
    directory = tmp_path_factory.mktemp("tools")
    for name, program in (("kubectl", "kubernetes"), ("helm", "helm")):
        (directory / name).symlink_to(artifacts.binary(program))
    return directory


@pytest.mark.parametrize("kind", ["kustomize", "helm"])
def test_the_same_objects_as_by_slipway(
    kind: str,
    rendered: dict[str, Rendered],
    exported: Repository,
    refs: list[Ref],
    by_slipway: dict[Ref, Obj | None],
    fresh_server: Any,
    tools: Path,
    tmp_path: Path,
) -> None:
    directory = tmp_path / "repository"
    write(formats.files(exported, kind), directory)
    blocks = commands((directory / "README.md").read_text())
    client: Client = fresh_server.client
    with playing(client, labels=""):
        for block in blocks:
            # No controllers run here that make ReplicaSets, for which Helm would wait.
            run(block.replace("--wait ", ""), directory, tools, fresh_server.kubeconfig)
    theirs = state(client, refs)
    assert [str(ref) for ref, obj in theirs.items() if obj is None] == []
    assert [difference(ref, theirs[ref], by_slipway[ref]) for ref in refs if theirs[ref] != by_slipway[ref]] == []
    assert identities_in(client, places(exported)) == named(refs)
    check_secrets(client, exported)
    before = secrets_of(client, exported)
    run("./secrets.sh", directory, tools, fresh_server.kubeconfig)
    assert secrets_of(client, exported) == before, "secrets.sh changed what was there"
    if kind == "kustomize":
        with playing(client):
            assert install(plan(rendered), client, Reporter("plain")).ok, "Slipway cannot take it over"
        # What is made of another Secret is made anew, of the same password.
        check_secrets(client, exported)
        after = secrets_of(client, exported)
        assert all(after[s.ref] == before[s.ref] for s in exported.secrets if not s.spec.source)


def difference(ref: Ref, one: Obj | None, other: Obj | None) -> str:
    ours, theirs = (json.dumps(obj, indent=1, sort_keys=True).splitlines() for obj in (other, one))
    return f"{ref}: " + "\n".join(difflib.unified_diff(ours, theirs, "slipway", "export", lineterm="", n=1))


def secrets_of(client: Client, exported: Repository) -> dict[Ref, dict[str, str]]:
    found = {}
    for secret in exported.secrets:
        obj = client.get("v1", "Secret", secret.ref.name, secret.ref.namespace)
        assert obj is not None
        found[secret.ref] = {key: base64.b64decode(value).decode() for key, value in obj["data"].items()}
    return found


def check_secrets(client: Client, exported: Repository) -> None:
    """Lengths are those of the recipe; what is made of another Secret opens with its password."""
    values = secrets_of(client, exported)
    for secret in exported.secrets:
        for key, generator in secret.spec.keys.items():
            value = values[secret.ref][key]
            match generator:
                case {"random": length}:
                    assert re.fullmatch(f"[A-Za-z0-9]{{{length}}}", value)
                case {"random_hex": length}:
                    assert re.fullmatch(f"[0-9a-f]{{{2 * length}}}", value)
                case {"literal": text}:
                    assert value == text
    login = values[Ref("v1", "Secret", "registry", "registry-auth")]
    user, _, hashed = values[Ref("v1", "Secret", "registry", "registry-htpasswd")]["htpasswd"].strip().partition(":")
    assert user == login["username"]
    assert bcrypt.checkpw(login["password"].encode(), hashed.encode())
    (entry,) = json.loads(values[Ref("v1", "Secret", PROJECT, "regcred")][".dockerconfigjson"])["auths"].values()
    assert base64.b64decode(entry["auth"]).decode() == f"{login['username']}:{login['password']}"


def places(exported: Repository) -> set[str]:
    objects = [obj for part in exported.parts for obj in part.objects]
    return {obj["metadata"]["name"] for obj in objects if obj["kind"] == "Namespace"}


def named(refs: list[Ref]) -> set[Identity]:
    return {identity(ref) for ref in refs if ref.namespace}
