"""The same objects against every set of definitions: both versions of Argo, compact and full schemas, on a real server.

Each set gets an API group of its own, so that none replaces another one's definitions.
"""

from __future__ import annotations

import copy
import functools
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml
from slipway import artifacts, paths
from slipway.catalog.load import load_lock
from slipway.errors import NotYet
from slipway.kube import ApiError, Client, Obj, Ref
from slipway.progress import Reporter
from slipway.render import kustomize
from slipway.render.kustomize import build
from slipway_crds import SOURCES, write
from slipway_crds.generate import FOLDER

ROOT = paths.distribution()
WRITTEN = Path(__file__).parent / "schemas"
T = TypeVar("T")
#: A kind, a path in its first document, and the wrong value (None: left out).
Fault = tuple[str, str, Any]
#: What every set refuses, and what full schemas refuse besides.
FAULTS: dict[str, list[Fault]] = {
    "argo": [("Workflow", "spec", None), ("CronWorkflow", "spec", "0 3 * * *"), ("WorkflowTaskResult", "phase", 1)],
    "training-operator": [
        ("TFJob", "spec/tfReplicaSpecs", None),
        ("TFJob", "spec/tfReplicaSpecs/Worker/replicas", "two"),
        ("PyTorchJob", "spec/runPolicy/backoffLimit", "3 times"),
        ("JAXJob", "spec/jaxReplicaSpecs", [1]),
    ],
}
FAULTS_FULL: dict[str, list[Fault]] = {
    "argo": [
        ("Workflow", "spec/entrypoint", 5),
        ("Workflow", "spec/entrypint", "main"),
        ("Workflow", "spec/templates", {"name": "main"}),
        # As upstream's own full schemas do; compact ones leave it to the controller, which takes numbers, too.
        ("Workflow", "spec/arguments/parameters", [{"name": "who", "value": 3}]),
        ("CronWorkflow", "spec/workflowSpec/podGC", "always"),
        ("WorkflowEventBinding", "spec/event/selector", None),
    ],
    "training-operator": [
        ("TFJob", "spec/tfReplicaSpecs/Worker/template/spec/containers", None),
        ("XGBoostJob", "spec/xgbReplicaSpecs/Master/template/spec/nodeSelector", ["gpu"]),
        ("MPIJob", "spec/mpiReplicaSpecs/Worker/template/spec/containerz", []),
    ],
}


@dataclass(frozen=True)
class Definitions:
    """A set of definitions; ``short`` makes its API group."""

    component: str
    version: str
    full: bool
    short: str

    @property
    def group(self) -> str:
        return f"{self.short}.test"

    def __str__(self) -> str:
        return f"{self.component}-{self.version}-{'full' if self.full else 'compact'}"


SETS = (
    Definitions("argo", "3.6.12", False, "argo-old"),
    Definitions("argo", "3.7.18", False, "argo-compact"),
    Definitions("argo", "3.7.18", True, "argo-full"),
    Definitions("training-operator", "1.9.4", False, "train-compact"),
    Definitions("training-operator", "1.9.4", True, "train-full"),
)


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A component's generated Kustomize Component; made once."""

    @functools.cache
    def made(component: str) -> Path:
        artifacts.ensure(["binary/controller-gen"], Reporter())
        source = next(source for source in SOURCES if source.component == component)
        folder = tmp_path_factory.mktemp(component) / FOLDER
        write(source, ROOT / "images", artifacts.binary("controller-gen"), folder)
        return folder

    return made


@pytest.fixture(scope="session")
def read(generated: Callable[[str], Path]) -> Callable[[Definitions], list[Obj]]:
    """The definitions of a set: by Kustomize from the manifests, for full ones with the generated specs."""

    def found(of: Definitions) -> list[Obj]:
        directory = ROOT / "manifests" / of.component / of.version / "crds"
        definitions = build(directory, str(of))
        return [full(definition, generated(of.component)) for definition in definitions] if of.full else definitions

    return found


def full(definition: Obj, folder: Path) -> Obj:
    """What the generated patch makes of a definition."""
    file = folder / f"{definition['spec']['names']['plural']}.json"
    (operation,) = json.loads(file.read_text())
    assert (operation["op"], operation["path"]) == ("replace", "/spec")
    return {**definition, "spec": operation["value"]}


@pytest.fixture(params=SETS, ids=str, scope="session")
def served(
    request: pytest.FixtureRequest, server: Any, read: Callable[[Definitions], list[Obj]]
) -> Iterator[tuple[Definitions, Client, list[Obj]]]:
    """A set of definitions that the API server serves in a group of its own, and removes afterwards."""
    of, client = request.param, server.client
    definitions = [moved(definition, of.group) for definition in read(of)]
    for definition in definitions:
        patiently(functools.partial(client.apply, definition))
    yield of, client, definitions
    for definition in definitions:
        ref = Ref("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", definition["metadata"]["name"])
        patiently(functools.partial(client.delete, ref))
    patiently(functools.partial(gone, client, of.group))


def gone(client: Client, group: str) -> None:
    """Raises NotYet while the server serves a group: it is busy for a while with so many schemas."""
    try:
        client.request("GET", f"/apis/{group}")
    except ApiError as error:
        if error.status == 404:
            return
        raise
    time.sleep(0.2)
    raise NotYet("still served", group)


def patiently(call: Callable[[], T]) -> T:
    """The answer of a server that may be busy with megabytes of schemas: asked again for 5 minutes."""
    end = time.monotonic() + 300
    while True:
        try:
            return call()
        except NotYet:
            if time.monotonic() > end:
                raise


def moved(definition: Obj, group: str) -> Obj:
    """The definition in another API group."""
    spec = {**definition["spec"], "group": group}
    return {**definition, "metadata": {"name": f"{spec['names']['plural']}.{group}"}, "spec": spec}


def documents(of: Definitions) -> list[Obj]:
    """What users wrote, for the group of the set."""
    found = list(yaml.safe_load_all((WRITTEN / f"{of.component}.yaml").read_text()))
    for document in found:
        document["apiVersion"] = f"{of.group}/{document['apiVersion'].partition('/')[2]}"
    return found


def refusal(client: Client, definitions: list[Obj], obj: Obj) -> str:
    """What the server says against creating an object, unknown fields included; "" when it takes it.

    The first requests after a definition was made find no such path yet.
    """
    spec = next(d["spec"] for d in definitions if d["spec"]["names"]["kind"] == obj["kind"])
    place = "/namespaces/default" if spec["scope"] == "Namespaced" else ""
    path, end = f"/apis/{obj['apiVersion']}{place}/{spec['names']['plural']}", time.monotonic() + 300
    query = {"dryRun": "All", "fieldValidation": "Strict"}
    while True:
        try:
            patiently(functools.partial(client.request, "POST", path, body=obj, query=query))
            return ""
        except ApiError as error:
            if error.status != 404 or time.monotonic() > end:
                return error.what
        time.sleep(0.2)


def faulty(documents: list[Obj], fault: Fault) -> Obj:
    """The first document of a kind with one value replaced, or left out (None)."""
    kind, path, value = fault
    document = copy.deepcopy(next(document for document in documents if document["kind"] == kind))
    *above, last = path.split("/")
    inside = document
    for key in above:
        inside = inside[key]
    if value is None:
        del inside[last]
    else:
        inside[last] = value
    return document


def test_what_users_write_is_accepted(served: tuple[Definitions, Client, list[Obj]]) -> None:
    of, client, definitions = served
    written = documents(of)
    assert {document["kind"] for document in written} == {d["spec"]["names"]["kind"] for d in definitions}
    answers = {f"{d['kind']} {d['metadata']}": refusal(client, definitions, d) for d in written}
    assert {what: answer for what, answer in answers.items() if answer} == {}


def test_what_is_faulty_is_refused(served: tuple[Definitions, Client, list[Obj]]) -> None:
    of, client, definitions = served
    written = documents(of)
    faults = FAULTS[of.component] + (FAULTS_FULL[of.component] if of.full else [])
    assert [fault for fault in faults if not refusal(client, definitions, faulty(written, fault))] == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.component)
def test_compact_and_full_definitions_are_the_same_to_clients(
    source: Any, read: Callable[[Definitions], list[Obj]]
) -> None:
    """Names, scope, columns and subresources."""
    compact, full = (read(Definitions(source.component, source.version, kind, "same")) for kind in (False, True))
    assert [surface(definition) for definition in compact] == [surface(definition) for definition in full]
    assert len(json.dumps(compact)) * 5 < len(json.dumps(full))


def test_kustomize_puts_the_generated_schemas_in_place(
    generated: Callable[[str], Path],
    read: Callable[[Definitions], list[Obj]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kustomize, "TIMEOUT", 600.0)
    of = next(of for of in SETS if of.component == "training-operator" and of.full)
    shutil.copytree(ROOT / "manifests" / of.component / of.version / "crds", tmp_path / "crds")
    shutil.copytree(generated(of.component), tmp_path / FOLDER)
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump({"resources": ["crds"], "components": [FOLDER]}))
    assert build(tmp_path, "full") == read(of)


def test_the_generator_reads_the_modules_of_the_manifests_versions() -> None:
    lock = load_lock(ROOT)
    for source in SOURCES:
        assert source.version == lock[source.component]
        assert (source.directory(ROOT) / "crds").is_dir()
        module = re.search(
            rf" ?(\S+) v{re.escape(source.version)}\b", (ROOT / "images" / source.unit / "go/go.mod").read_text()
        )
        assert module and source.package.startswith(module[1])


def surface(definition: Obj) -> Obj:
    """What clients see of a definition, without its schema."""
    spec = definition["spec"]
    versions = [
        (
            version["name"],
            sorted((column["name"], column["jsonPath"]) for column in version.get("additionalPrinterColumns") or []),
            version.get("subresources") or {},
        )
        for version in spec["versions"]
    ]
    return {"name": definition["metadata"]["name"], "names": spec["names"], "scope": spec["scope"], "of": versions}
