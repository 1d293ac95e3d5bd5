"""What a smoke run is asked to do: the `smoke:` section of slipway.yaml, with the command line on top."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from slipway.naming import own_image

DataChoice = Literal["auto", "mnist", "digits"]

#: Directories that hold the four MNIST files under their standard names; tried in order, each file by checksum.
MNIST_SOURCES = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)

#: The platform's registry, as pods and nodes name it.
OWN_REGISTRY = "registry.registry.svc.cluster.local:5000"


@dataclass(frozen=True)
class SmokeOptions:
    """Options of one smoke run. The defaults are sized for 2 cores.

    ``data``: ``auto`` takes MNIST when it is on the claim or can be downloaded, else the handwritten digits that
    scikit-learn ships; ``mnist`` and ``digits`` insist. ``epochs`` are those of one trial, ``train_epochs`` those of
    the full training; None: chosen by the size of the data set. ``held_out`` is the number of digits asked through
    the gateway (300…1000). ``gateway`` ("http://host:port") is found in the cluster when empty. ``registry``
    ("host[:port][/path]", as pods and nodes name it) takes the model's image; ``pull_secret`` is a Secret of type
    dockerconfigjson in the project namespace for it; ``registry_plain`` says that it speaks HTTP without TLS (None:
    the platform's own does). ``registry_address`` ("host:port", plain HTTP, reached from this machine) is found in the
    cluster for the platform's own. ``serving_base`` is an image reference in a registry; empty: the serving image is
    put into the platform's own registry from ``serving_archive`` (an OCI archive of the artifact cache). ``images``
    replaces Slipway's own images, by name. ``step_timeout`` is the deadline of every step in seconds.
    """

    project: str = "workbench"
    data: DataChoice = "auto"
    mnist_sources: tuple[str, ...] = MNIST_SOURCES
    trials: int = 6
    parallel: int = 3
    epochs: int | None = None
    train_epochs: int | None = None
    batch: int = 128
    algorithm: str = "random"
    seed: int = 28
    held_out: int = 350
    min_accuracy: float = 0.95
    keep: bool = False
    report_dir: Path = Path("out/smoke")
    gateway: str = ""
    registry: str = OWN_REGISTRY
    registry_address: str = ""
    registry_plain: bool | None = None
    pull_secret: str = "regcred"  # noqa: S105 (a name)
    serving_base: str = ""
    serving_archive: Path | None = None
    step_timeout: float = 300.0
    images: dict[str, str] = field(default_factory=dict)

    @property
    def own_registry(self) -> bool:
        """Whether the model goes into the platform's registry."""
        return self.registry == OWN_REGISTRY

    @property
    def plain(self) -> bool:
        """Whether the registry speaks HTTP without TLS."""
        return self.own_registry if self.registry_plain is None else self.registry_plain

    def image(self, name: str) -> str:
        """The reference of one of Slipway's images, or what ``images`` puts in its place."""
        return self.images.get(name, own_image(name))
