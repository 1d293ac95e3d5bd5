"""What is installed in a contest: the platform, and trees of many small components."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from figure import ROOT
from slipway.catalog import load_catalog
from slipway.render import Facts, Rendered, render
from slipway.render.images import unchanged

OBJECTS = 100
WORDS = 60


@dataclass(frozen=True)
class Tree:
    """A distribution (a directory for $SLIPWAY_HOME), its overlay, and the arguments that it needs."""

    name: str
    home: Path
    overlay: str
    arguments: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()

    def rendered(self) -> Mapping[str, Rendered]:
        """What everybody installs."""
        catalog = load_catalog(self.home, self.overlay)
        given = {"storage": dict(self.settings)} if self.settings else {}
        enabled = catalog.without({"nfs-provisioner"}) if self.settings else catalog
        return render(enabled, given, Facts(shared=dict(self.settings)), unchanged)


def platform(home: Path) -> Tree:
    """The on-premises platform. There are no Pods: no probes, and webhooks that nobody answers do not refuse."""
    for part in ("manifests", "overlays"):
        shutil.copytree(ROOT / part, home / part, symlinks=True)
    for part in ("images", "requirements", "examples"):
        (home / part).symlink_to(ROOT / part)
    for path in home.glob("manifests/**/component.yaml"):
        path.write_text(re.sub(r"(?m)^  probes: .*\n", "", path.read_text()))
    for path in home.glob("manifests/**/*.yaml"):
        text = path.read_text()
        if "failurePolicy: Fail" in text:
            path.write_text(text.replace("failurePolicy: Fail", "failurePolicy: Ignore"))
    given = ("--set", "settings.nfs_server=192.0.2.5")
    return Tree("platform", home, "onprem", given, (("nfs_server", "192.0.2.5"),))


def many(home: Path, count: int) -> Tree:
    """``count`` components of a hundred objects, each independent of the others."""
    for number in range(count):
        name = f"part{number:03d}"
        component(home, name, _objects(name))
    return Tree(f"{count * OBJECTS} objects", home, "bench")


def component(home: Path, name: str, objects: Iterable[Mapping[str, Any]]) -> None:
    """Writes a component of these objects into a distribution, and into its overlay ``bench``."""
    base, overlay = home / "manifests" / name / "1.0", home / "overlays" / "bench" / name
    base.mkdir(parents=True)
    overlay.mkdir(parents=True)
    spec = {"version": "1.0", "edition": "compact", "description": name, "namespace": name}
    head = {"apiVersion": "slipway.dev/v1", "kind": "Component", "metadata": {"name": name}, "spec": spec}
    (base / "component.yaml").write_text(yaml.safe_dump(head))
    (base / "objects.yaml").write_text(yaml.safe_dump_all(objects))
    (base / "kustomization.yaml").write_text(yaml.safe_dump({"resources": ["objects.yaml"]}))
    resources = {"resources": [f"../../../manifests/{name}/1.0"]}
    (overlay / "kustomization.yaml").write_text(yaml.safe_dump(resources))


def _objects(name: str) -> list[dict[str, Any]]:
    def made(api: str, kind: str, object_name: str, **more: Any) -> dict[str, Any]:
        namespace = {} if kind == "Namespace" else {"namespace": name}
        return {"apiVersion": api, "kind": kind, "metadata": {"name": object_name, **namespace}, **more}

    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "example/one:1"}]}}
    head = [
        made("v1", "Namespace", name),
        made("v1", "ServiceAccount", name),
        made("rbac.authorization.k8s.io/v1", "Role", name, rules=rules),
        made("v1", "Service", name, spec={"selector": labels, "ports": [{"port": 80}]}),
        made("apps/v1", "Deployment", name, spec={"selector": {"matchLabels": labels}, "template": template}),
    ]
    rest = range(OBJECTS - len(head))
    return head + [made("v1", "ConfigMap", f"{name}-{number}", data=_data(f"{name}-{number}")) for number in rest]


def _data(seed: str) -> dict[str, str]:
    """About 600 bytes that are the same in every run and compress as text does."""
    chance = random.Random(seed)  # noqa: S311
    return {"text": " ".join(f"{chance.randrange(10**9):09d}" for _ in range(WORDS))}
