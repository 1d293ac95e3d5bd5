"""Images of former builds, by the references that the manifests of earlier revisions hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from slipway.artifacts import containerd, store
from slipway.artifacts.api import reference
from slipway.artifacts.model import Artifact, Node
from slipway.documents.strings import texts
from slipway.naming import IMAGE_HOST
from slipway.progress import Reporter

#: ``slipway.local/<image>:<digest12>``, as ``reference`` writes it.
REFERENCE = re.compile(rf"{re.escape(IMAGE_HOST)}/([a-z0-9][-a-z0-9]*):[0-9a-f]{{12}}(?![-.\w])")


def references(value: Any) -> set[str]:
    """All references to builds in a value's strings: also those in arguments and ConfigMaps."""
    return {match[0] for text in texts(value) for match in REFERENCE.finditer(text)}


def cached(reference_: str) -> Artifact | None:
    """The build of a reference, if the cache still has it."""
    match = REFERENCE.fullmatch(reference_)
    node = Node("image", match[1], "") if match else None
    builds = [store.read(path) for path in store.builds(node)] if node else []
    return next((artifact for artifact in builds if reference(artifact) == reference_), None)


def bring(wanted: Iterable[str], socket: Path, reporter: Reporter) -> list[str]:
    """Import those that containerd lacks, all or none of them; returns those that cannot be had, sorted.

    Raises SlipwayError when containerd does not answer, or does not take one.
    """
    present = containerd.names_and_digests(socket)
    lacking = {name: cached(name) for name in sorted(set(wanted) - set(present))}
    missing = [name for name, artifact in lacking.items() if artifact is None]
    if missing:
        return missing
    for name, artifact in lacking.items():
        if artifact:
            with reporter.step("images", f"import {name}", announce=False):
                containerd.load(artifact, [name], socket)
    return []
