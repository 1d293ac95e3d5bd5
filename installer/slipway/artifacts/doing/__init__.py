"""What a build is doing now, read from its log: pure functions, one module per kind of build."""

from __future__ import annotations

from slipway.artifacts.doing import bootstrap, dockerfile, gobuild
from slipway.artifacts.doing.model import Doing
from slipway.artifacts.model import GoUnit, ImageSpec, Node

__all__ = ["Doing", "of"]


def of(node: Node, log: str) -> Doing:
    """What the build of a node is doing, by its log so far; without a text when the log does not say."""
    if isinstance(node.spec, GoUnit):
        return gobuild.doing(log)
    if isinstance(node.spec, ImageSpec):
        return bootstrap.doing(log) if node.spec.rootfs else dockerfile.doing(log)
    return Doing()
