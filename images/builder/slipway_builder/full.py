"""The full way, for a model with a requirements.txt: buildah runs pip on the base and pushes the result."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from slipway_builder.commands import Run
from slipway_builder.layer import TARGET, USER
from slipway_builder.model import REQUIREMENTS, Model

#: What pip may be told from outside (mirrors, proxies): passed on as build arguments, so it does not stay in the image.
PIP_VARIABLES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT")


def dockerfile(model: Model, base: str, variables: list[str]) -> str:
    """The instructions: packages first, then the model's files and environment.

    pip is the base's own and installs into the environment that serves; paths in requirements.txt are relative to the
    model's directory.
    """
    lines = [
        f"FROM {base}",
        *(f"ARG {name}" for name in variables),
        "USER 0:0",
        f"COPY --chown={USER}:{USER} . /{TARGET}/",
        f"WORKDIR /{TARGET}",
        f"RUN pip3 --python /opt/venv/bin/python install --no-cache-dir --no-compile -r {REQUIREMENTS}",
        *(f"ENV {key}={value}" for key, value in sorted(model.environment.items())),
        f"USER {USER}:{USER}",
    ]
    return "\n".join(lines) + "\n"


def commands(
    model: Model, base: str, image: str, file: Path, *, insecure: bool, environment: Mapping[str, str] = os.environ
) -> list[list[str]]:
    """The calls of buildah: build, then push."""
    verify = [f"--tls-verify={str(not insecure).lower()}"]
    arguments = [word for name in variables(environment) for word in ("--build-arg", f"{name}={environment[name]}")]
    names = ["--file", str(file), "--tag", image, str(model.directory)]
    return [
        ["buildah", "build", *verify, "--isolation=chroot", "--network=host", "--layers=false", *arguments, *names],
        # Uncompressed, as the base's layers are: the registry has those already.
        ["buildah", "push", *verify, "--disable-compression", image, f"docker://{image}"],
    ]


def variables(environment: Mapping[str, str]) -> list[str]:
    """The variables for pip that are set."""
    return [name for name in PIP_VARIABLES if environment.get(name)]


def build(model: Model, base: str, image: str, work: Path, run: Run, *, insecure: bool) -> None:
    """Make and push the image. Raises CommandFailed."""
    file = work / "Dockerfile"
    file.write_text(dockerfile(model, base, variables(os.environ)))
    for command in commands(model, base, image, file, insecure=insecure):
        run(command)
