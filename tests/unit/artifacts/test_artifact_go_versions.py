"""The Go programs share their libraries' versions: Go compiles each library once."""

from __future__ import annotations

import re

from slipway import artifacts, paths, smoke
from slipway.artifacts import graph
from slipway.artifacts.model import GoUnit
from slipway.catalog.load import load_catalog
from slipway.kube.minor import minor

#: What `up` needs beside the images of its components and of the smoke test.
ALWAYS = ("kustomize", "helm", "kubernetes")

#: Module → why its users cannot agree on a version.
EXCEPTIONS = {"github.com/argoproj/argo-workflows/v3": "the platform has two versions of Argo to choose from"}

#: Units with libraries of an older Kubernetes, the same in all of them: Argo's gRPC server writes Kubernetes' types by
#: golang/protobuf, whose methods (ProtoMessage) those types no longer have since 1.35.
OLDER = ("argo", "argo36")

#: Units that `up` does not build: rclone's newest asks for newer libraries than the Kubernetes of the node has.
ALONE = ("storage-initializer",)

_REQUIRED = re.compile(r"^(?:require )?\t?(\S+) (v\S+)(?: // indirect)?$")
_REPLACED = re.compile(r"^(?:replace )?\t?(\S+)(?: v\S+)? => (\S+)(?: (v\S+))?$")


def built_by_up() -> set[str]:
    """The names of the Go units that ``slipway up --overlay embedded`` builds."""
    known = artifacts.catalogue()
    components = load_catalog(paths.distribution(), "embedded").components.values()
    images = {*smoke.IMAGES, "kubernetes", "pause"}.union(*(component.images for component in components))
    wanted = [*(known.binary(name).id for name in ALWAYS), *(known.image(name).id for name in sorted(images))]
    return {node.name for node in graph.closure(known.nodes, wanted) if isinstance(node.spec, GoUnit)}


def versions(go_mod: str) -> dict[str, str]:
    """The version of every module that a ``go.mod`` names, with what it is replaced by where that is another one.

    Both count: Go's key of a compiled package has the version that is required, not the one that replaces it.
    """
    found: dict[str, str] = {}
    replaced: dict[str, str] = {}
    block = ""
    for line in go_mod.splitlines():
        opened = re.match(r"(\w+) \($", line)
        block = opened[1] if opened else "" if line == ")" else block
        kind = block or line.partition(" ")[0]
        if kind == "require" and (match := _REQUIRED.match(line)):
            found[match[1]] = match[2]
        elif kind == "replace" and (match := _REPLACED.match(line)):
            replaced[match[1]] = match[3] if match[2] == match[1] else f"{match[2]} {match[3] or ''}".strip()
    for name, other in replaced.items():
        if name in found and other != found[name]:
            found[name] += f" => {other}"
    return found


def disagreements(required: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Of unit → module → version: the modules that stand in several versions, as module → unit → version."""
    modules = {module for of_unit in required.values() for module in of_unit}
    users = {module: {unit: of[module] for unit, of in required.items() if module in of} for module in sorted(modules)}
    return {module: of_unit for module, of_unit in users.items() if len(set(of_unit.values())) > 1}


def test_only_what_the_overlay_installs_is_built() -> None:
    assert built_by_up() == {
        "argo", "builder", "executor", "helm", "kubernetes", "network-policies", "tools", "training-operator",
    }  # fmt: skip


def test_programs_share_their_libraries() -> None:
    units = artifacts.catalogue().units
    assert built_by_up() <= units.keys() - set(ALONE)
    required = {name: versions((unit.directory / "go.mod").read_text()) for name, unit in units.items()}
    assert len(required["kubernetes"]) > 100
    assert disagreements({name: of for name, of in required.items() if name not in (*OLDER, *ALONE)}) == {}
    found = disagreements({name: required[name] for name in OLDER})
    assert {module: found[module] for module in found if module not in EXCEPTIONS} == {}
    assert set(EXCEPTIONS) <= set(found), "an exception is not needed any more"


def test_who_has_older_libraries_needs_them() -> None:
    units = artifacts.catalogue().units
    ours = versions((units["kubernetes"].directory / "go.mod").read_text())
    for name in OLDER:
        theirs = versions((units[name].directory / "go.mod").read_text())
        assert minor(theirs["k8s.io/api"]) < (0, 35) <= minor(ours["k8s.io/api"])


def test_a_replaced_version_is_another_one() -> None:
    same = "require (\n\ta.org/x v1.2.0 // indirect\n)\n\nreplace a.org/x => a.org/x v1.2.0\n"
    other = "require a.org/x v1.2.0\n\nexclude a.org/y v1.0.0\n\nreplace (\n\ta.org/x => b.org/x v1.3.0\n)\n"
    assert versions(same) == {"a.org/x": "v1.2.0"}
    assert versions(other) == {"a.org/x": "v1.2.0 => b.org/x v1.3.0"}
    assert disagreements({"one": versions(same), "two": versions(other)}) == {
        "a.org/x": {"one": "v1.2.0", "two": "v1.2.0 => b.org/x v1.3.0"}
    }
    assert disagreements({"one": versions(same), "two": versions(same), "three": {}}) == {}
