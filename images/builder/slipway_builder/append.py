"""The fast way: the registry puts base and layer together, only the model's layer moves."""

from __future__ import annotations

from pathlib import Path

from slipway_builder import layer
from slipway_builder.commands import Run
from slipway_builder.model import Model


def commands(model: Model, base: str, image: str, tar: Path, *, insecure: bool) -> list[list[str]]:
    """The calls of crane: append the layer, then set the environment and what the image is."""
    flags = ["--insecure"] if insecure else []
    changes = [word for key, value in sorted(model.environment.items()) for word in ("--env", f"{key}={value}")]
    title = f"org.opencontainers.image.title={model.environment['MODEL_NAME']}"
    return [
        ["crane", "append", *flags, "--base", base, "--new_layer", str(tar), "--new_tag", image],
        ["crane", "mutate", *flags, image, *changes, "--label", title, "--tag", image],
    ]


def build(model: Model, base: str, image: str, work: Path, run: Run, *, insecure: bool) -> None:
    """Make and push the image. Raises CommandFailed."""
    tar = work / "layer.tar"
    layer.write(model, tar)
    for command in commands(model, base, image, tar, insecure=insecure):
        run(command)
