"""Which methods a class has, by reading its source: a model's packages are not here, so it cannot be imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

#: Bases that bring no method which answers.
_PLAIN = ("object", "SeldonComponent", "ABC", "Protocol")


class BadSource(ValueError):
    """A module that Python cannot read, or a name that is not in it."""


def module(directory: Path, name: str) -> Path | None:
    """The file of a module, by its dotted name: ``a/b.py`` or ``a/b/__init__.py``."""
    path = directory.joinpath(*name.split("."))
    return next((file for file in (path.with_name(path.name + ".py"), path / "__init__.py") if file.is_file()), None)


def methods(directory: Path, name: str, wanted: str, seen: frozenset[str] = frozenset()) -> set[str] | None:
    """The methods of class ``wanted`` of module ``name``, inherited ones too.

    None where reading does not tell: it or a base comes from a package, or is made at run time. Raises BadSource.
    """
    file = module(directory, name)
    key = f"{name}:{wanted}"
    if file is None or key in seen:
        return None
    body = list(_statements(_parsed(file).body))
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in reversed(body):
        if isinstance(node, ast.ClassDef) and node.name == wanted:
            return _of_class(node, directory, name, seen | {key})
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == wanted:
                    return methods(directory, _origin(node, package), alias.name, seen | {key})
        if wanted in _bound(node):
            return None
    if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in body):
        return None
    raise BadSource(f"{file} has no class {wanted}")


def _of_class(node: ast.ClassDef, directory: Path, name: str, seen: frozenset[str]) -> set[str] | None:
    found = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
    found |= {target for item in node.body for target in _bound(item)}
    unknown = False
    for base in node.bases:
        text = ast.unparse(base)
        if text.rpartition(".")[2].partition("[")[0] in _PLAIN:
            continue
        try:
            inherited = methods(directory, name, text, seen) if isinstance(base, ast.Name) else None
        except BadSource:
            inherited = None
        unknown |= inherited is None
        found |= inherited or set()
    return None if unknown else found


def _parsed(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_bytes(), str(file))
    except SyntaxError as error:
        raise BadSource(f"{file}, line {error.lineno}: {error.msg}") from error
    except ValueError as error:
        raise BadSource(f"{file}: {error}") from error


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run at import, those inside of if, try and with as well."""
    for node in body:
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for part in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from _statements(handler.body)


def _bound(node: ast.stmt) -> set[str]:
    """The names that an assignment or an import of a module binds."""
    if isinstance(node, ast.Import):
        return {alias.asname or alias.name for alias in node.names}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {item.id for target in targets for item in ast.walk(target) if isinstance(item, ast.Name)}


def _origin(node: ast.ImportFrom, package: str) -> str:
    """The dotted name of the module that is imported from, relative ones resolved."""
    if not node.level:
        return node.module or ""
    parts = package.split(".") if package else []
    kept = parts[: len(parts) - (node.level - 1)]
    return ".".join([*kept, *([node.module] if node.module else [])])
