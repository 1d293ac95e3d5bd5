"""All that can be built, with keys: read from ``images/``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from slipway.artifacts import buildah, golang, hostnet, keys, rootfs, spec, toolchain
from slipway.artifacts.model import GoUnit, ImageSpec, Node
from slipway.errors import BadInput


@dataclass(frozen=True)
class Catalogue:
    """``nodes`` by id (``image/base``, ``binary/kubernetes``); ``owners`` says which Go unit makes a binary."""

    nodes: dict[str, Node] = field(default_factory=dict)
    images: dict[str, ImageSpec] = field(default_factory=dict)
    units: dict[str, GoUnit] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)

    def image(self, name: str) -> Node:
        """The image's node. Raises BadInput for an unknown name."""
        try:
            return self.nodes[f"image/{name}"]
        except KeyError:
            raise BadInput(f"no image {name!r}", "images/", f"one of: {', '.join(sorted(self.images))}") from None

    def binary(self, name: str) -> Node:
        """The node of the Go unit that makes a binary. Raises BadInput for an unknown name."""
        try:
            return self.nodes[f"binary/{self.owners[name]}"]
        except KeyError:
            raise BadInput(f"no binary {name!r}", "images/", f"one of: {', '.join(sorted(self.owners))}") from None


def read(root: Path) -> Catalogue:
    """Read the directory ``images/`` of a distribution. Raises BadInput with file and line."""
    images = {path.parent.name: spec.read_image(path.parent) for path in sorted(root.glob("*/image.yaml"))}
    units = {path.parents[1].name: spec.read_go(path.parents[1]) for path in sorted(root.glob("*/go/build.yaml"))}
    owners: dict[str, str] = {}
    for unit in units.values():
        for name, _ in unit.binaries:
            if name in owners:
                raise BadInput(f"binary {name!r} is made by {owners[name]!r} too", f"{unit.directory}/build.yaml")
            owners[name] = unit.name
    nodes = {f"binary/{name}": Node("binary", name, unit_key(unit), spec=unit) for name, unit in units.items()}
    for name in images:
        _add_image(name, images, owners, nodes, ())
    return Catalogue(nodes, images, units, owners)


def unit_key(unit: GoUnit) -> str:
    """The key of a Go unit: its files, the pinned toolchain and how it is called."""
    return keys.combine(
        {
            "files": keys.tree_key(unit.directory),
            "toolchain": toolchain.pinned(),
            "architecture": rootfs.architecture(),
            "recipe": golang.RECIPE,
        }
    )


def _add_image(
    name: str, images: dict[str, ImageSpec], owners: dict[str, str], nodes: dict[str, Node], above: tuple[str, ...]
) -> Node:
    """The node of an image, after those of its bases."""
    if f"image/{name}" in nodes:
        return nodes[f"image/{name}"]
    image = images[name]
    where = str(image.directory / "image.yaml")
    if name in above:
        raise BadInput(f"bases in a circle: {' → '.join([*above, name])}", where)
    needs: list[Node] = []
    if image.base != "scratch":
        if image.base not in images:
            raise BadInput(f"no image {image.base!r} to stand on", where, f"one of: {', '.join(sorted(images))}")
        needs.append(_add_image(image.base, images, owners, nodes, (*above, name)))
    for binary in image.binaries:
        if binary not in owners:
            raise BadInput(f"no binary {binary!r}", where, f"one of: {', '.join(sorted(owners))}")
        needs.append(nodes[f"binary/{owners[binary]}"])
    for companion in image.companions:
        if companion not in images:
            raise BadInput(f"no image {companion!r}", where, f"one of: {', '.join(sorted(images))}")
    node = Node("image", name, image_key(image, needs), tuple(dict.fromkeys(need.id for need in needs)), image)
    nodes[node.id] = node
    return node


def image_key(image: ImageSpec, needs: list[Node]) -> str:
    """The key of an image: its files, what it stands on, and how it is built. Never the host's CA or mirrors."""
    return keys.combine(
        {
            "files": keys.tree_key(image.directory, frozenset({spec.GO_FOLDER})),
            "needs": {need.id: need.key for need in needs},
            "architecture": rootfs.architecture(),
            "recipe": [rootfs.RECIPE, hostnet.EPOCH] if image.rootfs else [buildah.RECIPE, hostnet.EPOCH],
        }
    )
