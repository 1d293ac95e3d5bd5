"""What a layer of tests needs of the host: installed before its first test, so that no test leans on another step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
#: Directory of tests → operation of slipway.host.needs. The longest that fits counts.
LAYERS = {
    "unit": "unit tests",
    "render": "render tests",
    "api": "api tests",
    "fresh": "machine tests",
    "airgap": "machine tests",
    "infra/hosts": "machine tests",
    "infra": "platform tests",
    "e2e": "platform tests",
    "conformance": "platform tests",
    "lifecycle": "platform tests",
}


def operations(arguments: Sequence[str]) -> list[str]:
    """The operations of the layers that pytest's arguments name, each once."""
    found = []
    for argument in arguments:
        path = Path(argument.partition("::")[0]).absolute()
        relative = f"{path.relative_to(TESTS)}/" if path.is_relative_to(TESTS) else ""
        fitting = [layer for layer in LAYERS if relative.startswith(f"{layer}/")]
        chosen = [max(fitting, key=len)] if fitting else [layer for layer in LAYERS if relative in ("", "./")]
        found += [LAYERS[layer] for layer in chosen]
    return sorted(set(found))
