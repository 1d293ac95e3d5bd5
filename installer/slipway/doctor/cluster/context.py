"""What the cluster's checks get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from slipway.kube import Client, Obj
from slipway.naming import own_image
from slipway.render import Rendered

#: An image of ours that nodes of the embedded cluster have; elsewhere the setting helper_image names one.
IMAGE = own_image("base")
#: A pod may have to pull its image first.
SECONDS = 120


@dataclass(frozen=True)
class Context:
    """A cluster and the plan for it.

    ``space`` is a namespace of the doctor's own for pods; ``imported`` says that images are put into the node, not
    pulled; ``pki`` is the directory of the embedded cluster's certificates; ``seconds`` bounds each pod's life.
    """

    kube: Client
    rendered: Mapping[str, Rendered] = field(default_factory=dict)
    project: str = "workbench"
    space: str = ""
    imported: bool = False
    kubeconfig: Path | None = None
    pki: Path | None = None
    seconds: int = SECONDS

    @property
    def objects(self) -> Iterator[Obj]:
        """Every object of the plan."""
        return (obj for item in self.rendered.values() for obj in item.objects)

    @property
    def image(self) -> str:
        """A small image with a shell."""
        return self._storage("helper_image", IMAGE)

    @property
    def user(self) -> int:
        """An ordinary user, who owns the volumes' directories."""
        return int(self._storage("uid", "1000"))

    @property
    def group(self) -> int:
        """Its group."""
        return int(self._storage("gid", "100"))

    def _storage(self, setting: str, otherwise: str) -> str:
        storage = self.rendered.get("storage")
        return (storage.settings.get(setting) if storage else "") or otherwise
