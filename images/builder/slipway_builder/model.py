"""A model's directory in Seldon's s2i layout: a module with the class, its files, `.s2i/environment` or settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slipway_builder import contract, source

ENVIRONMENT = Path(".s2i/environment")
#: What takes a command, in the order in which Seldon's s2i image looks.
REQUIREMENTS, SETUP = "requirements.txt", "setup.py"
#: The settings that the builder's own environment may give.
SETTINGS = ("MODEL_NAME", "API_TYPE", "SERVICE_TYPE", "PERSISTENCE")
#: Files that Seldon's s2i image would act on, and this builder does not: saying so beats an image without them.
REFUSED = {
    "before-run": "a script before the start is not run: do it in the class's method load",
    ".s2i/bin/assemble": "own s2i scripts are not run: list packages in a requirements.txt",
    ".s2i/bin/run": "own s2i scripts are not run: the serving image starts the class",
}
CONDA = ("environment.yml", "environment.yaml")
#: What never belongs into an image.
SKIPPED = {".git", "__pycache__"}


class BadModel(ValueError):
    """A directory that cannot become a model image; the message names the file and what is missing in it."""


@dataclass(frozen=True)
class Model:
    """``files`` relative to ``directory``, sorted; ``environment``: what the image is started with."""

    directory: Path
    files: tuple[Path, ...]
    environment: dict[str, str]

    @property
    def installs(self) -> str:
        """The file that a command has to run for, or an empty string."""
        return next((name for name in (REQUIREMENTS, SETUP) if Path(name) in self.files), "")

    @property
    def needs_builder(self) -> bool:
        """Whether a command has to run for it."""
        return bool(self.installs)


def read(directory: Path, given: Mapping[str, str] | None = None) -> Model:
    """The model of a directory; ``given`` settings win over its file's. Raises BadModel."""
    if not directory.is_dir():
        raise BadModel(f"{directory}: no such directory")
    files = _files(directory)
    written = parse((directory / ENVIRONMENT).read_text()) if ENVIRONMENT in files else {}
    model = Model(directory, files, {**written, **(given or {})})
    if not model.environment.get("MODEL_NAME"):
        where = "does not set it" if ENVIRONMENT in files else "is missing"
        raise BadModel(
            f"MODEL_NAME is not known: {directory / ENVIRONMENT} {where}, and no --env MODEL_NAME=… was given"
        )
    if wrong := contract.wrong(model.environment):
        raise BadModel(f"{directory}: {wrong}")
    for name, why in REFUSED.items():
        if Path(name) in files:
            raise BadModel(f"{directory / name}: {why}")
    if conda := [name for name in CONDA if Path(name) in files and not model.installs]:
        raise BadModel(
            f"{directory / conda[0]}: conda is not in the serving image; list the packages in a {REQUIREMENTS}"
        )
    _check_class(model)
    return model


def settings(arguments: list[str], environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What is given beside the directory: KEY=VALUE arguments, over this process's environment. Raises BadModel."""
    return {**{key: environ[key] for key in SETTINGS if environ.get(key)}, **parse("\n".join(arguments), "--env")}


def parse(text: str, where: object = ENVIRONMENT) -> dict[str, str]:
    """The variables of an environment file: KEY=VALUE lines; comments and blank lines are skipped. Raises BadModel."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, equals, value = line.strip().partition("=")
        if not equals or not key.isidentifier():
            raise BadModel(f"{where}, line {number}: {line!r} is not KEY=VALUE")
        found[key] = value.strip()
    return found


def _files(directory: Path) -> tuple[Path, ...]:
    """All files. A link may lead to another file of the model, not out of it: into the image goes what it shows."""
    found, root = [], directory.resolve()
    for path in directory.rglob("*"):
        relative = path.relative_to(directory)
        if SKIPPED & set(relative.parts):
            continue
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            raise BadModel(f"{path}: a link that leads out of the model's directory")
        if path.is_file():
            found.append(relative)
    return tuple(sorted(found))


def _check_class(model: Model) -> None:
    name = model.environment["MODEL_NAME"]
    if not all(part.isidentifier() for part in name.split(".")):
        raise BadModel(f"MODEL_NAME={name}: it must be Name, or module.Name, of a Python class")
    module, _, wanted = name.rpartition(".")
    module = module or wanted
    if source.module(model.directory, module) is None:
        if model.installs == SETUP:
            return  # setup.py makes it; the build looks again.
        if (model.directory / name).is_file():
            raise BadModel(
                f"{model.directory / name} is not Python: MODEL_NAME={name} must name a class, Name or a.Name"
            )
        raise BadModel(f"{model.directory / module.replace('.', '/')}.py is missing: MODEL_NAME={name} asks for it")
    try:
        methods = source.methods(model.directory, module, wanted)
    except source.BadSource as error:
        raise BadModel(str(error)) from error
    if methods is None:
        return
    if not methods & contract.ENOUGH:
        raise BadModel(
            f"{source.module(model.directory, module)}: class {wanted} has no method that Seldon's wrapper asks: "
            f"{', '.join(contract.CALLS)}, or one of them with _raw"
        )
    service = model.environment.get("SERVICE_TYPE") or "MODEL"
    calls = {form for call in contract.SERVICE_TYPES[service] for form in contract.forms(call)}
    if service in contract.STRICT and not methods & (calls | {"custom_service", "__getattr__"}):
        needed = contract.SERVICE_TYPES[service][0]
        raise BadModel(
            f"{model.directory}: SERVICE_TYPE={service} asks class {wanted} for a method {needed}, it has none"
        )
