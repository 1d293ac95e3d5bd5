"""Tags to digests, and what moved since they were locked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from slipway.errors import SlipwayError
from slipway.images.find import Image
from slipway.images.lock import key
from slipway.images.parallel import each
from slipway.images.reference import Reference
from slipway.images.skopeo import Registries


@dataclass(frozen=True, order=True)
class Move:
    """A tag that points elsewhere than the lock says; ``old`` is "" for one that is not locked."""

    reference: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.reference}: {self.old or 'not locked'} -> {self.new}"


def digests(images: Iterable[Image], registries: Registries) -> dict[str, str]:
    """Reference → digest of every upstream image that is not pinned in the manifests.

    Raises SlipwayError that names the image and the host that does not answer, or has no such image.
    """
    wanted = [image.reference for image in images if not image.ours and not image.reference.digest]

    def one(reference: Reference) -> str:
        asked = reference if reference.tag else Reference(reference.host, reference.path, "latest")
        digest = registries.digest(asked)
        if digest is None:
            raise SlipwayError(f"{reference.host} has no such image", f"image {reference}", "correct the manifests")
        return digest

    return dict(zip(map(key, wanted), each(wanted, one), strict=True))


def moves(old: Mapping[str, str], new: Mapping[str, str]) -> list[Move]:
    """What the lock does not say, in order."""
    return sorted(Move(name, old.get(name, ""), digest) for name, digest in new.items() if old.get(name) != digest)
