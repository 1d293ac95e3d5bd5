"""A component as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Seconds that a component has to become ready unless it, or the configuration, says otherwise.
DEFAULT_TIMEOUT = 180


@dataclass(frozen=True)
class Setting:
    """What can be set: ``type`` is string, integer, number, boolean or quantity.

    ``value`` is its place among the values of the component's chart (a.b.c), "" for components without one.
    """

    name: str
    type: str
    description: str
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    enum: tuple[Any, ...] | None = None
    value: str = ""


@dataclass(frozen=True)
class SecretSpec:
    """A Secret that is generated when absent.

    ``kind`` is opaque, htpasswd, dockerconfigjson, authority or certificate. htpasswd and dockerconfigjson are derived
    from the Secret ``source`` ("namespace/name") with its keys username and password; a certificate is for ``names``
    (host names and addresses; ``{setting}``: a setting's words) and signed by the authority ``source``.
    ``when``: setting → values with which there is such a Secret at all.
    """

    name: str
    namespace: str
    kind: str = "opaque"
    keys: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    source: str = ""
    registry: str = ""
    names: tuple[str, ...] = ()
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """A Kustomize Component of the edition (``path``) that an overlay is built with where settings have these values
    (``when``), and only beside another part, where ``beside`` names one."""

    path: str
    when: Mapping[str, tuple[str, ...]]
    beside: str = ""


@dataclass(frozen=True, order=True)
class Started:
    """Objects that the component's processes make: of one kind, in one namespace, by label selector."""

    api_version: str
    kind: str
    namespace: str
    labels: str


@dataclass(frozen=True)
class Database:
    """An SQLite file that a Deployment alone writes: ``path`` in ``container``, on a claim that is mounted there."""

    deployment: str
    container: str
    path: str


@dataclass(frozen=True)
class ProbeSpec:
    """What asks whether the component works: of a ``kind`` (slipway.readiness.kinds), ``spec`` as in component.yaml;
    without a kind the function of this name in the component's probe module (slipway.readiness.probes)."""

    name: str
    kind: str = ""
    spec: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Component:
    """One component.yaml. ``path`` is its directory.

    ``after`` names components that come first where they are installed, too, and go after it; ``classes`` are the
    StorageClasses that it may make; ``databases`` are what a backup takes along.
    """

    name: str
    version: str
    edition: str
    description: str
    namespace: str
    path: Path
    requires: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    probes: tuple[ProbeSpec, ...] = ()
    settings: tuple[Setting, ...] = ()
    secrets: tuple[SecretSpec, ...] = ()
    starts: tuple[Started, ...] = ()
    timeout: int = DEFAULT_TIMEOUT
    open_url: str = ""
    open_login: str = ""
    upgrade_from: tuple[str, ...] = ()
    upgrade_reason: str = ""
    classes: tuple[str, ...] = ()
    databases: tuple[Database, ...] = ()
    parts: tuple[Part, ...] = ()

    def setting(self, name: str) -> Setting | None:
        """The setting of this name."""
        return next((setting for setting in self.settings if setting.name == name), None)


def from_document(value: Mapping[str, Any], path: Path) -> Component:
    """A Component of a validated component.yaml."""
    spec = value["spec"]
    opened, upgrade = spec.get("open") or {}, spec.get("upgrade") or {}
    return Component(
        name=value["metadata"]["name"],
        version=spec["version"],
        edition=spec["edition"],
        description=spec["description"],
        namespace=spec["namespace"],
        path=path,
        requires=tuple(spec.get("requires", ())),
        after=tuple(spec.get("after", ())),
        images=tuple(spec.get("images", ())),
        probes=tuple(_probe(item) for item in spec.get("probes", ())),
        settings=tuple(_setting(item) for item in spec.get("settings", ())),
        secrets=tuple(_secret(item) for item in spec.get("secrets", ())),
        starts=tuple(
            Started(item["apiVersion"], item["kind"], item["namespace"], item["labels"])
            for item in spec.get("starts", ())
        ),
        timeout=spec.get("timeout", DEFAULT_TIMEOUT),
        classes=tuple(spec.get("classes", ())),
        databases=tuple(Database(**item) for item in spec.get("databases", ())),
        parts=tuple(Part(item["path"], _when(item["when"]), item.get("beside", "")) for item in spec.get("parts", ())),
        open_url=opened.get("url", ""),
        open_login=opened.get("login", ""),
        upgrade_from=tuple(upgrade.get("from", ())),
        upgrade_reason=upgrade.get("reason", ""),
    )


def _setting(item: Mapping[str, Any]) -> Setting:
    values = dict(item)
    if "enum" in values:
        values["enum"] = tuple(values["enum"])
    return Setting(**values)


def _probe(item: str | Mapping[str, Any]) -> ProbeSpec:
    """A name alone is a function's; else there is one key beside the name, the kind."""
    if isinstance(item, str):
        return ProbeSpec(item)
    return next(ProbeSpec(item["name"], kind, value) for kind, value in item.items() if kind != "name")


def _secret(item: Mapping[str, Any]) -> SecretSpec:
    return SecretSpec(
        name=item["name"],
        namespace=item["namespace"],
        kind=item.get("kind", "opaque"),
        keys=item.get("keys", {}),
        source=item.get("from", ""),
        registry=item.get("registry", ""),
        names=tuple(item.get("names", ())),
        when=_when(item.get("when", {})),
    )


def _when(item: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in item.items()}
