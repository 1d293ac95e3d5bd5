"""Layers only look down: neither modules nor packages of the installer import each other in a circle."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

INSTALLER = Path(__file__).parents[3] / "installer"
Graph = dict[str, set[str]]


def sources(root: Path) -> dict[str, ast.Module]:
    """Dotted name of a module → its syntax tree."""
    files = {path.relative_to(root).with_suffix("").parts: path for path in root.rglob("*.py")}
    return {
        ".".join(parts[:-1] if parts[-1] == "__init__" else parts): ast.parse(path.read_text())
        for parts, path in files.items()
    }


def imported(node: ast.AST, modules: Mapping[str, object]) -> Iterator[str]:
    """The modules that run for a piece of code, within functions also; not those that only types are taken from."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names if alias.name in modules)
        elif isinstance(child, ast.ImportFrom) and child.module:
            for alias in child.names:
                inner = f"{child.module}.{alias.name}"
                yield from (name for name in [inner if inner in modules else child.module] if name in modules)
        else:
            yield from imported(child, modules)


def graph(trees: Mapping[str, ast.Module]) -> Graph:
    return {name: {other for other in imported(tree, trees) if other != name} for name, tree in trees.items()}


def packages(modules: Graph, parent: str = "slipway") -> Graph:
    """The same between the rooms directly below a package; the package itself is none."""
    found: Graph = {}
    for name, others in modules.items():
        rooms = {room for other in others if (room := _room(other, parent))}
        if room := _room(name, parent):
            found.setdefault(room, set()).update(rooms - {room})
    return found


def _room(module: str, parent: str) -> str:
    return module.removeprefix(f"{parent}.").partition(".")[0] if module.startswith(f"{parent}.") else ""


@pytest.fixture(scope="module")
def modules() -> Graph:
    return graph(sources(INSTALLER))


def circle(found: Graph) -> list[str]:
    """The names of one circle; none where there is none."""
    try:
        graphlib.TopologicalSorter(found).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def test_no_modules_import_each_other(modules: Graph) -> None:
    assert circle(modules) == []


def test_no_packages_import_each_other(modules: Graph) -> None:
    assert circle(packages(modules)) == []


def test_no_rooms_of_a_package_import_each_other(modules: Graph) -> None:
    parents = {name.rpartition(".")[0] for name in modules} - {"", "slipway"}
    found = {parent: circle(packages(modules, parent)) for parent in sorted(parents)}
    assert {parent: names for parent, names in found.items() if names} == {}


def test_a_circle_of_rooms_is_found() -> None:
    rooms = {"a.b.c": {"a.d.e"}, "a.d.f": {"a.b"}}
    assert sorted(set(circle(packages(rooms, "a")))) == ["b", "d"]


def test_a_circle_is_found() -> None:
    trees = {"a.b": ast.parse("def f():\n    from c import d\n"), "c.d": ast.parse("from a import b")}
    assert sorted(set(circle(graph(trees)))) == ["a.b", "c.d"]


def test_what_only_types_are_taken_from_is_no_circle() -> None:
    trees = {"a": ast.parse("if TYPE_CHECKING:\n    import b\n"), "b": ast.parse("import a")}
    assert circle(graph(trees)) == []
