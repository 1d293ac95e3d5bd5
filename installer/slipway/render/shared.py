"""Values that all components of an overlay share: overlays/<cluster>/common/settings/settings.env.

Its directory is a Kustomize base that the components' overlays build upon; what they say themselves wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from slipway.catalog.settings import text_of
from slipway.documents.validate import did_you_mean
from slipway.errors import BadInput
from slipway.render.settings import read_env

PLACE = ("common", "settings")


def is_shared(directory: Path) -> bool:
    """Whether a directory of an overlay's chain is the one of the shared values."""
    return directory.parts[-2:] == PLACE


def known(root: Path, overlay: str) -> dict[str, str]:
    """The overlay's shared values; none where it has no such directory."""
    path = root.joinpath("overlays", overlay, *PLACE, "settings.env")
    return read_env(path) if path.is_file() else {}


def write(tree: Path, overlay: str, settings: Mapping[str, object]) -> None:
    """Put the configured values in the place of the overlay's own. Raises BadInput for those that it does not have."""
    if not settings:
        return
    values = known(tree, overlay)
    faults = [
        f"unknown shared setting '{name}'{did_you_mean(name, values)}"
        for name in sorted(settings)
        if name not in values
    ]
    faults += [f"setting '{name}' must be one line" for name, value in settings.items() if "\n" in text_of(value)]
    if faults:
        where = f"overlays/{overlay}/{'/'.join(PLACE)}/settings.env"
        raise BadInput("the shared settings are wrong; nothing was changed", where, details=tuple(faults))
    values |= {name: text_of(value) for name, value in settings.items()}
    text = "".join(f"{name}={value}\n" for name, value in values.items())
    tree.joinpath("overlays", overlay, *PLACE, "settings.env").write_text(text, encoding="utf-8")
