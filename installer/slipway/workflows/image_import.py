"""Bringing images to the embedded node, beside everything else."""

from __future__ import annotations

import threading
from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from slipway.catalog import Component
from slipway.errors import SlipwayError
from slipway.waiting import Clock, Stopped, settle
from slipway.workflows.platform import Platform

if TYPE_CHECKING:
    from slipway.artifacts.imports import Tally

NODE_SECONDS = 300.0
PAUSE = 1.0


class ImageFeeder:
    """Imports the components' images one after the other, in the order in which they are needed.

    Nothing happens before ``begin`` or the first ``prepare``: an installation with nothing to do asks for no image.
    ``more`` are images that follow those of the components.
    """

    def __init__(self, platform: Platform, more: Collection[str] = ()) -> None:
        self._platform, self._more = platform, more
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="images")
        self._brought: dict[str, Future[None]] = {}
        self._extra: Future[None] = Future()
        self._tally: Tally | None = None
        self._lock, self._closed = threading.Lock(), threading.Event()

    def begin(self, *, node_is_starting: bool = False) -> None:
        """Start importing; ``node_is_starting``: as soon as the node has what it needs for itself."""
        with self._lock:
            if self._brought:
                return
            if node_is_starting:
                self._pool.submit(self._wait_for_node)
            components = self._platform.catalog.components
            for name in (name for wave in self._platform.catalog.waves() for name in wave):
                self._brought[name] = self._pool.submit(self._import, components[name].images)
            self._extra = self._pool.submit(self._import, self._platform.config.extra_images)
            self._pool.submit(self._import, self._more)

    def prepare(self, component: Component) -> None:
        """Return when the component's images are there. Raises SlipwayError when they cannot be."""
        self.begin()
        self._brought[component.name].result()

    def bring_extra(self) -> None:
        """Return when the images are there that the configuration names beside the components'."""
        if self._platform.config.extra_images:
            self.begin()
            self._extra.result()

    def close(self) -> None:
        """Import nothing more."""
        self._closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _import(self, images: Collection[str]) -> None:
        from slipway import artifacts

        if images and self._platform.brings_images and not self._closed.is_set():
            # One thread imports: all of them are counted together.
            self._tally = self._tally or artifacts.tally(self._all())
            socket, reporter = self._platform.node_config.containerd_socket, self._platform.reporter
            artifacts.import_images(images, socket, reporter, self._tally)

    def _all(self) -> list[str]:
        return list(dict.fromkeys([*self._platform.built_images, *self._more]))

    def _wait_for_node(self) -> None:
        """The control plane's image comes first: everything waits for it. No error when it does not come."""
        from slipway.node import containers, images

        config = self._platform.node_config

        def has_its_own() -> bool:
            with suppress(SlipwayError):
                return config.containerd_socket.exists() and not images.lacks_control_plane(
                    config, containers.images(config)
                )
            return False

        with suppress(Stopped):
            settle(has_its_own, bool, Clock(NODE_SECONDS, self._closed), every=PAUSE)
