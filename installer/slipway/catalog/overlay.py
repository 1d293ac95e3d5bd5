"""What an overlay says of the cluster that it is for: overlays/<overlay>/overlay.yaml.

Not a part of the configuration: it is no choice of the one who installs.
"""

from __future__ import annotations

from pathlib import Path

from slipway.documents.document import decode
from slipway.errors import BadInput

FILE = "overlay.yaml"
EMBEDDED = {"cluster": "embedded"}


def embedded(root: Path, overlay: str) -> bool:
    """Whether the overlay is for the node that Slipway itself makes; one without the file is for a cluster that exists.

    Raises BadInput for a file that says anything else.
    """
    path = root / "overlays" / overlay / FILE
    if not path.is_file():
        return False
    where = f"overlays/{overlay}/{FILE}"
    document = decode(path.read_bytes(), where)
    if document.problems or document.value != EMBEDDED:
        details = tuple(map(str, document.problems))
        remedy = "write one line, cluster: embedded; for a cluster that exists, delete the file"
        raise BadInput("it does not say which cluster the overlay is for", where, remedy, details)
    return True
