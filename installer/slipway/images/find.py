"""Every image that an installation pulls, with what uses it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from slipway.images import scan
from slipway.images.places import is_image_name
from slipway.images.reference import Reference, evident, parse
from slipway.kube.objects import Obj, ref_of
from slipway.naming import IMAGE_HOST, IMAGE_VERSION

if TYPE_CHECKING:
    from slipway.render import Rendered

#: The host of the names of images that Slipway builds.
#: The component of images that the embedded node itself needs; they are imported, not pulled.
NODE = "(node)"
SMOKE = "(smoke test)"
EXTRA = "(extra)"


@dataclass(frozen=True, order=True)
class Use:
    """Who pulls an image: a component, one of its objects (or a file), and the path in it; ``off``: nobody does unless
    the component is enabled."""

    component: str
    object: str
    path: str = ""
    off: bool = False

    def __str__(self) -> str:
        return f"{self.component}: {self.object} {self.path}".rstrip()


@dataclass(frozen=True, order=True)
class Image:
    """An image and all its uses, in order."""

    reference: Reference
    uses: tuple[Use, ...] = ()

    @property
    def ours(self) -> bool:
        """Whether Slipway builds it."""
        return self.reference.host == IMAGE_HOST

    @property
    def components(self) -> tuple[str, ...]:
        """The components that use it, each once."""
        return tuple(sorted({use.component for use in self.uses}))

    @property
    def off(self) -> frozenset[str]:
        """Those of its components that are not enabled."""
        return frozenset(use.component for use in self.uses if use.off)


Pair = tuple[Reference, Use]


def own(name: str) -> Reference:
    """The reference of an image that Slipway builds, as manifests write it."""
    return Reference(IMAGE_HOST, name, IMAGE_VERSION)


def of_object(component: str, obj: Obj) -> Iterator[Pair]:
    """The images of one object; those in the platform's own registry are the users'."""
    for text, path in scan.references(obj):
        reference = parse(text)
        if reference is not None and not reference.internal:
            yield reference, Use(component, str(ref_of(obj)), scan.dotted(path))


def of_components(rendered: Mapping[str, Rendered], off: Collection[str] = ()) -> Iterator[Pair]:
    """The images of components: in their objects and settings, and what their processes and probes start later.

    ``off`` are the names of those that are not enabled."""
    for name, item in rendered.items():
        for reference, use in _of_component(name, item):
            yield reference, replace(use, off=name in off)


def _of_component(name: str, item: Rendered) -> Iterator[Pair]:
    pairs = [pair for obj in item.objects for pair in of_object(name, obj)]
    pairs += _of_settings(name, item.settings)
    yield from pairs
    if not pairs or any(reference.host == IMAGE_HOST for reference, _ in pairs):
        for image in item.component.images:
            yield own(image), Use(name, "component.yaml", "spec.images")


def _of_settings(component: str, settings: Mapping[str, str]) -> Iterator[Pair]:
    """Images that a setting names, for probes to start; objects have them too, or not."""
    for setting, value in settings.items():
        reference = parse(value) if is_image_name(setting) and evident(value) else None
        if reference is not None and not reference.internal:
            yield reference, Use(component, "settings", setting)


def of_names(names: Iterable[str], component: str, what: str) -> Iterator[Pair]:
    """Images of Slipway that are known by name."""
    for name in names:
        yield own(name), Use(component, what)


def collect(pairs: Iterable[Pair]) -> list[Image]:
    """The images in order, each once with all its uses."""
    uses: dict[Reference, set[Use]] = {}
    for reference, use in pairs:
        uses.setdefault(reference, set()).add(use)
    return [Image(reference, tuple(sorted(uses[reference]))) for reference in sorted(uses)]
