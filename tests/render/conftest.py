"""Every overlay and component that the distribution has, rendered once."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import pytest
from slipway import paths
from slipway.catalog import load_catalog, overlays
from slipway.render import Facts, Rendered, render
from slipway.render.images import unchanged

ROOT = paths.distribution()
NODE_IP = "192.0.2.10"


@functools.cache
def _pairs() -> list[tuple[str, str]]:
    return [(overlay, name) for overlay in overlays(ROOT) for name in load_catalog(ROOT, overlay).components]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that ask for ``case`` run for every overlay × component; ``overlay``: for every overlay."""
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", _pairs(), ids=lambda case: "-".join(case), scope="session")
    if "overlay" in metafunc.fixturenames:
        metafunc.parametrize("overlay", overlays(ROOT), scope="session")


class Tree:
    """Rendered overlays, kept for the whole run."""

    def __init__(self) -> None:
        self._done: dict[tuple[str, str], Mapping[str, Rendered]] = {}

    def overlay(self, overlay: str, project: str = "workbench") -> Mapping[str, Rendered]:
        """All components of an overlay."""
        if (overlay, project) not in self._done:
            facts = Facts(project, lambda: NODE_IP)
            self._done[overlay, project] = render(load_catalog(ROOT, overlay), {}, facts, unchanged)
        return self._done[overlay, project]


@pytest.fixture(scope="session")
def rendered() -> Tree:
    """What was rendered."""
    return Tree()


@pytest.fixture(scope="session")
def component(rendered: Tree, case: tuple[str, str]) -> Rendered:
    """One component of one overlay."""
    overlay, name = case
    return rendered.overlay(overlay)[name]
