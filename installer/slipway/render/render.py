"""From a component and its values to the objects that are applied."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from slipway.catalog import Catalog, Component
from slipway.catalog.selection import chain
from slipway.errors import BadInput, SlipwayError
from slipway.images.placement import Placement, nowhere_else
from slipway.kube.objects import Obj, Ref, ref_of
from slipway.render import cache, origin, parts, shared
from slipway.render.configroll import roll
from slipway.render.helm import charts, inflate
from slipway.render.images import Resolver, rewrite
from slipway.render.kustomize import build, copied_tree, write_settings
from slipway.render.labels import label
from slipway.render.selection import select
from slipway.render.settings import Facts, merge, read_env
from slipway.render.values import nested
from slipway.render.values import of_overlay as values_of_charts
from slipway.trust.configmap import fill


@dataclass(frozen=True)
class Rendered:
    """A component as it will be applied: its objects, the values of its settings, and a hash of both.

    ``files`` says of which file (or chart's template) each object was built, as far as that is known.
    """

    component: Component
    objects: tuple[Obj, ...]
    settings: Mapping[str, str]
    digest: str
    files: Mapping[Ref, str] = field(default_factory=dict)

    @property
    def refs(self) -> tuple[Ref, ...]:
        """Which objects these are."""
        return tuple(ref_of(obj) for obj in self.objects)


def render(
    catalog: Catalog,
    settings: Mapping[str, Mapping[str, object]],
    facts: Facts,
    resolve: Resolver,
    place: Placement = nowhere_else,
) -> dict[str, Rendered]:
    """Every component of the catalog. ``settings``: component → setting → value, from the configuration.

    ``resolve`` names the images that Slipway builds, ``place`` then says where any image is taken from.

    Raises BadInput for settings and SlipwayError for manifests that cannot be built.
    """
    files = cache.tree_digest(catalog.root)
    keys = {
        name: cache.key_of(files, catalog.overlay, component, settings.get(name, {}), facts)
        for name, component in sorted(catalog.components.items())
    }
    built = {name: entry for name, key in keys.items() if (entry := cache.load(key, facts))}
    missing = [name for name in keys if name not in built]
    if missing:
        built |= _make(catalog, missing, settings, facts, keys)
    return {name: _finish(catalog, name, built[name], resolve, place, facts.trust) for name in keys}


def _make(
    catalog: Catalog,
    names: Iterable[str],
    settings: Mapping[str, Mapping[str, object]],
    facts: Facts,
    keys: Mapping[str, str],
) -> dict[str, cache.Built]:
    """Render these, and remember it."""
    with copied_tree(catalog.root) as tree, ThreadPoolExecutor(max_workers=2) as pool:
        shared.write(tree, catalog.overlay, facts.shared)
        todo = {name: pool.submit(_make_one, tree, catalog, name, settings.get(name, {}), facts) for name in names}
        done = {name: future.result() for name, future in todo.items()}
    for name, (built, asked) in done.items():
        cache.save(keys[name], built, asked)
    cache.trim()
    return {name: built for name, (built, _) in done.items()}


def _make_one(
    tree: Path, catalog: Catalog, name: str, settings: Mapping[str, object], facts: Facts
) -> tuple[cache.Built, cache.Asked]:
    component, overlay = catalog.components[name], tree / "overlays" / catalog.overlay / name
    where, asked = _path_of(catalog, name), cache.Asked(facts)
    own = overlay_values(tree, overlay, component)
    if select(tree, overlay, component, where):
        # Written for another version or edition: what this one does not know is not meant for it.
        own = {key: value for key, value in own.items() if component.setting(key)}
    values = merge(component, [own, settings], asked.facts, where)
    with_charts = [directory for directory in chain(tree, overlay) if charts(directory)]
    files = _with_settings(tree, overlay)
    if values and not with_charts and not files:
        raise BadInput(f"'{name}' has settings, but this overlay has no settings.env", where)
    parts.add(tree, overlay, component, values)
    write_settings(files, values)
    for directory in with_charts:
        inflate(directory, name, nested(component, values), where)
    origin.ask(overlay)
    return cache.Built(values, origin.name(build(overlay, where), overlay, tree)), asked


def _finish(
    catalog: Catalog, name: str, built: cache.Built, resolve: Resolver, place: Placement, trust: Mapping[str, str]
) -> Rendered:
    component, where = parts.in_force(catalog.components[name], built.values), _path_of(catalog, name)
    plain, files = origin.split(built.objects)
    objects = roll([label(place(rewrite(fill(obj, trust), resolve)), name) for obj in plain])
    check_identities(objects, where)
    ordered = sorted(objects, key=ref_of)
    return Rendered(component, tuple(ordered), built.values, digest(ordered, component), files)


def _path_of(catalog: Catalog, name: str) -> str:
    return f"overlays/{catalog.overlay}/{name}"


def overlay_values(tree: Path, overlay: Path, component: Component | None = None) -> dict[str, str]:
    """The values of the overlay's settings.env, or of its chart's values; those it builds upon come first.

    Of the values that all components share only those count that ``component`` declares.
    """
    values: dict[str, str] = {}
    for directory in reversed(chain(tree, overlay)):
        path = directory / "settings.env"
        if path.is_file():
            own = read_env(path)
            filtered = component if shared.is_shared(directory) else None
            values |= {n: v for n, v in own.items() if filtered is None or filtered.setting(n)}
    if component:
        values |= values_of_charts(component, chain(tree, overlay), f"overlays/{overlay.parent.name}/{overlay.name}")
    return values


def _with_settings(tree: Path, overlay: Path) -> list[Path]:
    """The directories of the overlay, and of those it builds upon, that have values of the component's own."""
    return [d for d in chain(tree, overlay) if (d / "settings.env").is_file() and not shared.is_shared(d)]


def settings_file(tree: Path, overlay: Path) -> str:
    """Where the overlay's own values stand: its settings.env, or that of the overlay it builds upon."""
    own = [*_with_settings(tree, overlay), overlay.resolve()]
    return str(own[0].relative_to(tree.resolve()) / "settings.env")


def check_identities(objects: Iterable[Obj], where: str) -> None:
    """Each object must say what it is, once. Raises SlipwayError."""
    seen: set[Ref] = set()
    for obj in objects:
        ref = ref_of(obj)
        if not (ref.api_version and ref.kind and ref.name):
            raise SlipwayError(f"an object lacks apiVersion, kind or name: {json.dumps(obj)[:120]}", where)
        if ref in seen:
            raise SlipwayError(f"{ref} stands twice", where)
        seen.add(ref)


def digest(objects: Iterable[Obj], component: Component) -> str:
    """A hash of what would be applied: objects in order, and what is kept beside them."""
    beside = [repr(component.secrets), repr(component.starts), component.requires]
    text = json.dumps([component.version, list(objects), beside], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
