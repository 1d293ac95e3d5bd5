"""What a bundle says of itself."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from slipway.errors import BadInput

TOP = "slipway-bundle"
SUMS = "SHA256SUMS"
ABOUT = "bundle.json"
BOOTSTRAP = "bootstrap.sh"
SBOM = "sbom.cdx.json"
FORMAT = 1


@dataclass(frozen=True)
class About:
    """``overlay`` it is for; ``architecture`` as Debian says; ``suite`` of the host packages (``bookworm``);
    ``python`` of the wheels (``3.11``)."""

    version: str
    overlay: str
    architecture: str
    suite: str
    python: str
    format: int = FORMAT

    def text(self) -> str:
        """The file's text."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"


def parse(text: str, where: str) -> About:
    """The About of a file's text. Raises BadInput for another format."""
    try:
        value = json.loads(text)
        about = About(**value) if value.get("format") == FORMAT else None
    except (ValueError, TypeError, AttributeError):
        about = None
    if about is None:
        raise BadInput(f"not a bundle of format {FORMAT}", where, "make it anew: slipway bundle create -o FILE")
    return about
