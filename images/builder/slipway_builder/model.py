"""A model's directory in Seldon's s2i layout: `<Name>.py` with a class `<Name>`, its files, `.s2i/environment`."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENT = Path(".s2i/environment")
REQUIREMENTS = "requirements.txt"
NEEDED = ("MODEL_NAME", "API_TYPE", "SERVICE_TYPE", "PERSISTENCE")


class BadModel(ValueError):
    """A directory that cannot become a model image; the message names the file and what is missing in it."""


@dataclass(frozen=True)
class Model:
    """``files`` relative to ``directory``, sorted; ``environment`` of .s2i/environment."""

    directory: Path
    files: tuple[Path, ...]
    environment: dict[str, str]

    @property
    def needs_builder(self) -> bool:
        """Whether a command has to run for it: it brings a requirements.txt."""
        return Path(REQUIREMENTS) in self.files


def read(directory: Path) -> Model:
    """The model of a directory. Raises BadModel."""
    if not directory.is_dir():
        raise BadModel(f"{directory}: no such directory")
    files = tuple(sorted(path.relative_to(directory) for path in directory.rglob("*") if path.is_file()))
    if ENVIRONMENT not in files:
        raise BadModel(f"{directory / ENVIRONMENT} is missing")
    environment = parse((directory / ENVIRONMENT).read_text())
    missing = [key for key in NEEDED if not environment.get(key)]
    if missing:
        raise BadModel(f"{directory / ENVIRONMENT} does not set {', '.join(missing)}")
    name = environment["MODEL_NAME"]
    source = Path(f"{name}.py")
    if source not in files:
        raise BadModel(f"{directory / source} is missing: MODEL_NAME={name} asks for it")
    if name not in _classes(directory / source):
        raise BadModel(f"{directory / source} has no class {name} with a method predict")
    return Model(directory, files, environment)


def parse(text: str) -> dict[str, str]:
    """The variables of an environment file: KEY=VALUE lines; comments and blank lines are skipped. Raises BadModel."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, equals, value = line.strip().partition("=")
        if not equals or not key.isidentifier():
            raise BadModel(f"{ENVIRONMENT}, line {number}: {line!r} is not KEY=VALUE")
        found[key] = value.strip()
    return found


def _classes(source: Path) -> set[str]:
    """Names of the classes of a file that have a method predict."""
    try:
        tree = ast.parse(source.read_text(), str(source))
    except SyntaxError as error:
        raise BadModel(f"{source}, line {error.lineno}: {error.msg}") from error
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        and any(isinstance(item, ast.FunctionDef) and item.name == "predict" for item in node.body)
    }
