"""manifests/images.lock.yaml: the digest of each upstream image, by its reference."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from slipway.documents.document import parse
from slipway.documents.validate import check
from slipway.errors import BadInput
from slipway.images.reference import Reference

FILE = "manifests/images.lock.yaml"
_HEAD = "# Written by `slipway images lock`: the digest to which each tag pointed.\n"
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["images"],
    "properties": {
        "images": {
            "type": "object",
            "additionalProperties": {
                "type": "string",
                "pattern": "^sha256:[0-9a-f]{64}$",
                "description": "sha256:… (64 hexadecimal digits)",
            },
        }
    },
}


def key(reference: Reference) -> str:
    """How the lock names an image: complete, with its tag, without a digest."""
    return f"{reference.name}:{reference.tag or 'latest'}"


def load(root: Path) -> dict[str, str]:
    """Reference → digest; empty without a file. Raises BadInput with the file's faults."""
    path = root / FILE
    if not path.is_file():
        return {}
    document = parse(path.read_text(encoding="utf-8"), FILE)
    problems = check(document, _SCHEMA)
    if problems:
        raise BadInput("not usable", FILE, "make it anew: slipway images lock", tuple(map(str, problems)))
    return dict(document.value["images"])


def text(images: Mapping[str, str]) -> str:
    """The file for these images."""
    return _HEAD + yaml.safe_dump({"images": dict(sorted(images.items()))}, width=160)
