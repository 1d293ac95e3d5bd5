"""Reading the catalog: component.yaml files, the lock file, and what an overlay contains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.catalog.component import Component, from_document
from slipway.catalog.graph import levels, order
from slipway.catalog.probes import wrong_probes
from slipway.catalog.selection import Choice, built_upon, editions
from slipway.documents.document import Problem, parse
from slipway.documents.validate import check, did_you_mean, load_schema
from slipway.errors import BadInput


@dataclass(frozen=True)
class Catalog:
    """The components of one overlay, by name; ``root`` holds manifests/ and overlays/."""

    root: Path
    overlay: str
    components: Mapping[str, Component]

    @property
    def requires(self) -> dict[str, tuple[str, ...]]:
        """The dependency graph."""
        return {name: component.requires for name, component in self.components.items()}

    def without(self, names: Iterable[str]) -> Catalog:
        """All but ``names`` (those the configuration disables)."""
        gone = set(names)
        return Catalog(self.root, self.overlay, {n: c for n, c in self.components.items() if n not in gone})

    def waves(self) -> list[list[str]]:
        """Levels of the graph; what is required and not part of this catalog is taken as there."""
        return levels(order(self.components))


def overlays(root: Path) -> list[str]:
    """The overlays that exist: directories with a component's; what overlays share (overlays/shared) is not one."""
    return sorted({path.parent.parent.name for path in (root / "overlays").glob("*/*/kustomization.yaml")})


def load_catalog(
    root: Path,
    overlay: str,
    names: Iterable[str] | None = None,
    *,
    follow: bool = True,
    choices: Mapping[str, Choice] | None = None,
) -> Catalog:
    """The components whose directories an overlay has: all, or ``names`` and (``follow``) what they require.

    ``choices``: versions and editions by component, where the lock and the overlay shall not decide.
    Raises BadInput with every fault found, among them cycles and missing requirements.
    """
    there = directories(root, overlay)
    lock, problems = load_lock(root), list[Problem]()
    components: dict[str, Component] = {}
    queue = list(there if names is None else names)
    while queue:
        name = queue.pop(0)
        if name in components:
            continue
        if name not in there:
            raise BadInput(f"no component '{name}' in overlay '{overlay}'{did_you_mean(name, there)}")
        try:
            components[name] = load_component(root, name, lock, overlay, (choices or {}).get(name, Choice()))
        except BadInput as error:
            problems += [Problem(line, "", "") for line in error.details] or [Problem(error.where, "", error.what)]
            there = [other for other in there if other != name]
        else:
            queue += [other for other in components[name].requires if other in there] if follow else []
    if problems:
        raise BadInput(
            "the catalog has faults", f"overlay {overlay}", details=tuple(str(p).rstrip(": ") for p in problems)
        )
    catalog = Catalog(root, overlay, dict(sorted(components.items())))
    if follow:
        levels(catalog.requires)
    return catalog


def directories(root: Path, overlay: str) -> list[str]:
    """The names of an overlay's components. Raises BadInput when there is no such overlay."""
    folder = root / "overlays" / overlay
    if overlay not in overlays(root):
        raise BadInput(f"no overlay '{overlay}'{did_you_mean(overlay, overlays(root))}", "overlay")
    return sorted(path.name for path in folder.iterdir() if (path / "kustomization.yaml").is_file())


def load_lock(root: Path) -> dict[str, str]:
    """manifests/lock.yaml: component → the version that is current. An absent file is an empty lock."""
    path = root / "manifests" / "lock.yaml"
    if not path.is_file():
        return {}
    document = parse(path.read_text(encoding="utf-8"), "manifests/lock.yaml")
    schema: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["components"],
        "properties": {"components": {"type": "object", "additionalProperties": {"type": "string"}}},
    }
    problems = check(document, schema)
    if problems:
        raise BadInput("not usable", "manifests/lock.yaml", details=tuple(map(str, problems)))
    return dict(document.value["components"])


def load_component(
    root: Path, name: str, lock: Mapping[str, str], overlay: str = "", choice: Choice | None = None
) -> Component:
    """A component in the version of ``choice``, else of the lock; what neither names must have exactly one version.

    The edition is that of ``choice``, else the overlay's. Raises BadInput.
    """
    choice = choice or Choice()
    folder = root / "manifests" / name
    versions = sorted(path.name for path in folder.glob("*") if (path / "component.yaml").is_file() or editions(path))
    version = choice.version or lock.get(name, "")
    if not version and len(versions) != 1:
        what = "has no version" if not versions else f"has the versions {', '.join(versions)}; the lock names none"
        raise BadInput(f"component '{name}' {what}", f"manifests/{name}", "name one in manifests/lock.yaml")
    version = version or versions[0]
    if version not in versions:
        where = f"components.{name}.version" if choice.version else "manifests/lock.yaml"
        raise BadInput(f"version {version} of '{name}' does not exist", where, f"there is: {', '.join(versions)}")
    there = editions(folder / version)
    edition = _edition(root, name, overlay, choice, folder / version, there)
    path = "/".join(part for part in (f"manifests/{name}/{version}", edition, "component.yaml") if part)
    component = read_component(folder / version / edition, path)
    if choice.edition and component.edition != choice.edition:
        what = f"version {version} of '{name}' has no edition {choice.edition}"
        raise BadInput(what, f"components.{name}.edition", f"there is: {component.edition}")
    return component


def _edition(root: Path, name: str, overlay: str, choice: Choice, version: Path, there: list[str]) -> str:
    """The edition's folder; "" for a version that is one edition itself."""
    if not there:
        return ""
    wanted = choice.edition or (built_upon(root, overlay, name)[1] if overlay else "")
    if wanted in there:
        return wanted
    if len(there) == 1 and not wanted:
        return there[0]
    what = f"version {version.name} of '{name}' has no edition {wanted}" if wanted else f"'{name}' has several editions"
    where = f"components.{name}.edition" if choice.edition else f"overlays/{overlay}/{name}"
    raise BadInput(what, where, f"choose one: {', '.join(there)}")


def read_component(directory: Path, where: str) -> Component:
    """Read and validate one component.yaml. Raises BadInput with all its faults."""
    document = parse((directory / "component.yaml").read_text(encoding="utf-8"), where)
    problems = check(document, load_schema("slipway.catalog"))
    if not problems:
        component = from_document(document.value, directory)
        problems = _beyond_schema(component, where)
        if not problems:
            return component
    raise BadInput("not a valid component", where, details=tuple(map(str, problems)))


def _beyond_schema(component: Component, where: str) -> list[Problem]:
    """What a schema cannot say: names that must agree, references, defaults of the declared type."""
    from slipway.catalog.settings import fault

    problems = []
    _, name, version, *edition = where.split("/")[:-1]
    if component.name != name:
        problems.append(
            Problem(where, "metadata.name", f"'{component.name}' does not lie in manifests/{component.name}/")
        )
    if component.version != version:
        problems.append(Problem(where, "spec.version", f"'{component.version}' does not lie in a folder of that name"))
    if edition and component.edition != edition[0]:
        problems.append(Problem(where, "spec.edition", f"'{component.edition}' does not lie in a folder of that name"))
    names = [setting.name for setting in component.settings]
    problems += [
        Problem(where, "spec.settings", f"'{n}' stands twice") for n in sorted(set(names)) if names.count(n) > 1
    ]
    for setting in component.settings:
        message = fault(setting, setting.default) if setting.default is not None else ""
        if message:
            problems.append(Problem(where, f"spec.settings.{setting.name}.default", message))
    problems += [Problem(where, f"spec.probes{key}", what) for key, what in wrong_probes(component)]
    if component.name in component.requires:
        problems.append(Problem(where, "spec.requires", "requires itself"))
    return problems
