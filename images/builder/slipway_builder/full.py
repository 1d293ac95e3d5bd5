"""The full way, for a model that brings packages: buildah runs pip on the base and pushes the result."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from slipway_builder import trust
from slipway_builder.commands import Run
from slipway_builder.layer import TARGET, USER
from slipway_builder.model import REQUIREMENTS, SETUP, SKIPPED, Model

#: What pip may be told from outside (mirrors, proxies): passed on as build arguments, so it does not stay in the image.
PIP_VARIABLES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT")
#: Where the build sees the platform's authorities and pip's configuration; nothing of it stays in the image.
TRUST = "/run/slipway-trust"
PIP = "pip3 --python /opt/venv/bin/python install --no-cache-dir --no-compile"
#: setup.py uses the environment's own setuptools: a build without a network works.
INSTALLS = {REQUIREMENTS: f"-r {REQUIREMENTS}", SETUP: "--use-pep517 --no-build-isolation ."}


def dockerfile(model: Model, base: str, variables: list[str]) -> str:
    """The instructions: packages first, then the model's files and environment.

    pip is the base's own and installs into the environment that serves; paths in requirements.txt are relative to the
    model's directory. What setup.py was to make is looked for.
    """
    lines = [
        f"FROM {base}",
        *(f"ARG {name}" for name in variables),
        "USER 0:0",
        f"COPY --chown={USER}:{USER} . /{TARGET}/",
        f"WORKDIR /{TARGET}",
        f"RUN {PIP} {INSTALLS[model.installs]}" if model.installs else "",
        _look(model.environment["MODEL_NAME"]) if model.installs == SETUP else "",
        *(f"ENV {key}={quoted(value)}" for key, value in sorted(model.environment.items())),
        f"USER {USER}:{USER}",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def quoted(value: str) -> str:
    """A value as an instruction takes it: nothing in it is a space, a variable or an end of a word."""
    if value and all(char.isalnum() or char in "._-/:,=" for char in value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$") + '"'


def commands(
    model: Model,
    base: str,
    image: str,
    file: Path,
    *,
    insecure: bool,
    environment: Mapping[str, str] = os.environ,
    trusted: Path | None = None,
) -> list[list[str]]:
    """The calls of buildah: build, then push. ``trusted``: a directory that the build sees as TRUST."""
    verify = [f"--tls-verify={str(not insecure).lower()}"]
    arguments = [word for name in variables(environment) for word in ("--build-arg", f"{name}={environment[name]}")]
    volume = [f"--volume={trusted}:{TRUST}:ro"] if trusted else []
    # The model's files are those that the check saw, whatever a .dockerignore says.
    names = ["--ignorefile", str(file.with_name("ignored")), "--file", str(file), "--tag", image, str(model.directory)]
    flags = ["--isolation=chroot", "--network=host", "--layers=false"]
    return [
        ["buildah", "build", *verify, *flags, *volume, *arguments, *names],
        # Uncompressed, as the base's layers are: the registry has those already.
        ["buildah", "push", *verify, "--disable-compression", image, f"docker://{image}"],
    ]


def variables(environment: Mapping[str, str]) -> list[str]:
    """The variables for pip and what it trusts that are set."""
    names = (*PIP_VARIABLES, "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "PIP_CONFIG_FILE")
    return [name for name in names if environment.get(name)]


def build(model: Model, base: str, image: str, work: Path, run: Run, *, insecure: bool) -> None:
    """Make and push the image. Raises CommandFailed."""
    file, trusted = work / "Dockerfile", work / "trust"
    handed = {name: f"{TRUST}/{path}" for name, path in trust.gather(trusted).items()}
    environment = {name: os.environ[name] for name in PIP_VARIABLES if os.environ.get(name)} | handed
    file.write_text(dockerfile(model, base, variables(environment)))
    file.with_name("ignored").write_text("".join(f"**/{name}\n" for name in sorted(SKIPPED)))
    seen = trusted if handed else None
    for command in commands(model, base, image, file, insecure=insecure, environment=environment, trusted=seen):
        run(command)


def _look(name: str) -> str:
    """Fail now, not when the image is started, where no module of the model's name was installed."""
    module = name.rpartition(".")[0] or name
    find = f"importlib.util.find_spec('{module}') or sys.exit('setup.py installed no module {module}')"
    return f'RUN /opt/venv/bin/python -c "import importlib.util, sys; {find}"'
