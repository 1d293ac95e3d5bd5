"""How every image is made: the registry puts base and layers together, only what is new moves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from slipway_builder.commands import Run
from slipway_builder.model import Model


def commands(model: Model, base: str, image: str, tars: Sequence[Path], *, insecure: bool) -> list[list[str]]:
    """The calls of crane: append the layers, then set the environment and what the image is."""
    flags = ["--insecure"] if insecure else []
    layers = [word for tar in tars for word in ("--new_layer", str(tar))]
    changes = [word for key, value in sorted(model.environment.items()) for word in ("--env", f"{key}={value}")]
    title = f"org.opencontainers.image.title={model.environment['MODEL_NAME']}"
    return [
        ["crane", "append", *flags, "--base", base, *layers, "--new_tag", image],
        ["crane", "mutate", *flags, image, *changes, "--label", title, "--tag", image],
    ]


def build(model: Model, base: str, image: str, tars: Sequence[Path], run: Run, *, insecure: bool) -> None:
    """Make and push the image. Raises CommandFailed."""
    for command in commands(model, base, image, tars, insecure=insecure):
        run(command)
