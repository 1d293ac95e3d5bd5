"""Putting the serving image into the registry, once, while the first steps run.

The same blobs as the node has: a pull of a model image then moves the model's layer alone.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from slipway.errors import SlipwayError
from slipway.host import packages
from slipway.naming import IMAGE_VERSION
from slipway.smoke import gateway, registry
from slipway.smoke.context import Context
from slipway.waiting import Clock, poll

REPOSITORY = "slipway/serving"
#: Seconds for a registry that does not answer: it may be restarting.
PATIENCE = 60


class Seeding:
    """A thread that seeds; ``base()`` waits for it and gives the image's reference."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._reference = context.options.serving_base
        self._error: SlipwayError | None = None
        self._thread = threading.Thread(target=self._run, name="seeding", daemon=True)
        self.summary = "the base was named"

    def __enter__(self) -> Self:
        if not self._reference:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def base(self) -> str:
        """The reference of the serving image in the registry, for Pods. Raises SlipwayError."""
        if self._thread.ident:
            self._thread.join()
        if self._error:
            raise self._error
        return self._reference

    def _run(self) -> None:
        try:
            self._reference = poll(
                self._seed,
                Clock(PATIENCE),
                every=1,
                waiting=lambda error: self._context.reporter.waiting("smoke: registry", error.what),
            )
        except SlipwayError as error:
            self._error = error
        except Exception as error:
            self._error = SlipwayError(f"{type(error).__name__}: {error}", "seeding the registry")

    def _seed(self) -> str:
        options, kube = self._context.options, self._context.kube
        if not options.own_registry and not options.registry_address:
            raise SlipwayError(
                "the base of the model's image is not known",
                "smoke.serving_base",
                f"name the serving image in a registry that {options.registry} and the cluster can read: "
                "slipway images mirror puts it there, images.registry says where",
            )
        layout, digest = _image(options.serving_archive, self._context)
        tag = digest.removeprefix("sha256:")[:12]
        address = options.registry_address or gateway.node_port(kube, "registry", "registry")
        auth = registry.credentials(kube, options.project, options.registry.partition("/")[0], options.pull_secret)
        start = time.monotonic()
        # The second is the one that users and the WorkflowTemplate name.
        missing = [name for name in (tag, IMAGE_VERSION) if registry.digest(address, REPOSITORY, name, auth) != digest]
        self.summary = "the base was in the registry"
        if missing:
            packages.ensure("registry", self._context.reporter)
            for name in missing:
                registry.copy(layout, address, REPOSITORY, name, auth)
            self.summary = f"the base was put into the registry in {time.monotonic() - start:.1f} s meanwhile"
        return f"{options.registry}/{REPOSITORY}:{tag}"


def _image(layout: Path | None, context: Context) -> tuple[Path, str]:
    """The serving image's OCI layout and digest: as given, else of the artifact cache, built when missing."""
    from slipway.artifacts import ensure
    from slipway.artifacts.layout import manifest_descriptor

    if layout is None:
        layout = ensure(["image/serving"], context.reporter)["image/serving"].path
    return layout, str(manifest_descriptor(layout)["digest"])
