"""What a backup says of itself: what is in it, and where it was made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

from slipway.errors import BadInput

FORMAT = 1


@dataclass(frozen=True)
class Head:
    """``objects`` counts users' objects by kind; ``databases`` and ``claims`` are names (``namespace/name``)."""

    created: str
    slipway: str
    cluster: str
    server: str
    overlay: str
    project: str
    revision: int
    components: Mapping[str, str] = field(default_factory=dict)
    objects: Mapping[str, int] = field(default_factory=dict)
    secrets: int = 0
    databases: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    format: int = FORMAT

    def lines(self) -> list[str]:
        """For people."""
        versions = ", ".join(f"{name} {version}" for name, version in sorted(self.components.items()))
        return [
            f"made {self.created} by Slipway {self.slipway}",
            f"of the release {self.revision} of overlay {self.overlay}, project {self.project}, on {self.server}",
            f"components: {versions or 'none'}",
            f"users' objects: {counts(self.objects)}",
            f"generated Secrets: {self.secrets}",
            f"databases: {', '.join(self.databases) or 'none'}",
            f"data of claims: {', '.join(self.claims) or 'none'}",
        ]


def counts(objects: Mapping[str, int]) -> str:
    """``2 Experiment, 11 Workflow``, or ``none``."""
    return ", ".join(f"{count} {kind}" for kind, count in sorted(objects.items())) or "none"


def to_json(head: Head) -> bytes:
    """As a document of one object."""
    return json.dumps(asdict(head), indent=2, sort_keys=True).encode()


def from_json(text: bytes, where: str) -> Head:
    """Raises BadInput for what is not a head, or one of a later format."""
    try:
        value = json.loads(text)
        if not isinstance(value, dict) or not isinstance(value.get("format"), int):
            raise ValueError("it has no format")
        if value["format"] > FORMAT:
            raise BadInput(f"the backup is of format {value['format']}", where, "use a newer Slipway")
        known = {item.name for item in fields(Head)}
        value = {key: tuple(part) if isinstance(part, list) else part for key, part in value.items() if key in known}
        return Head(**value)
    except (ValueError, TypeError) as error:
        raise BadInput(f"not a backup, or a damaged one: {error}", where) from error
