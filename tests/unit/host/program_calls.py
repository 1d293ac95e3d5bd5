"""Reads out of Python sources which programs they start: the first word of what goes through one of the doors."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: Functions that start a program, by the module that they are imported from.
DOORS = {
    "slipway.host.run": {"run", "attempt"},
    "slipway.artifacts.process": {"run"},
    "subprocess": {"run", "Popen", "call", "check_call", "check_output"},
}
#: What a word that is no literal is taken for.
COMPUTED = "<computed>"


@dataclass
class Source:
    """One module; ``computed`` are the functions with a first word that cannot be read."""

    path: Path
    programs: set[str] = field(default_factory=set)
    computed: set[str] = field(default_factory=set)


def read(path: Path) -> Source:
    """The programs of a module."""
    tree = ast.parse(path.read_text())
    found = Source(path)
    doors = _doors(tree)
    for function, call in _calls(tree):
        if _name(call.func) in doors and call.args:
            for word in _first_words(call.args[0], function, tree, 0):
                if word == COMPUTED:
                    found.computed.add(function.name if isinstance(function, ast.FunctionDef) else "<module>")
                else:
                    found.programs.add(word)
    return found


def _doors(tree: ast.Module) -> set[str]:
    """The names under which a module calls the doors."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            for item in node.names:
                called = item.asname or item.name
                if item.name in DOORS.get(module, ()):
                    names.add(called)
                names |= {f"{called}.{door}" for door in DOORS.get(f"{module}.{item.name}", ())}
        elif isinstance(node, ast.Import):
            for item in node.names:
                names |= {f"{item.asname or item.name}.{door}" for door in DOORS.get(item.name, ())}
    return names


def _calls(tree: ast.Module) -> Iterator[tuple[ast.AST, ast.Call]]:
    """Each call with the outermost function that it stands in."""
    for top in tree.body:
        bodies: list[ast.AST] = list(top.body) if isinstance(top, ast.ClassDef) else [top]
        for body in bodies:
            for node in ast.walk(body):
                if isinstance(node, ast.Call):
                    yield body if isinstance(body, ast.FunctionDef) else tree, node


def _first_words(value: ast.expr, function: ast.AST, tree: ast.Module, depth: int) -> set[str]:
    """The first words that a command may have; COMPUTED where one cannot be read."""
    again = (function, tree, depth + 1)
    if depth > 6:
        return {COMPUTED}
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return {value.value}
    if isinstance(value, ast.List | ast.Tuple) and value.elts:
        return _first_words(value.elts[0], *again)
    if isinstance(value, ast.Starred):
        # It may be empty, and then the next word counts: both are read where it is a choice.
        return _first_words(value.value, *again)
    if isinstance(value, ast.IfExp):
        return _first_words(value.body, *again) | _first_words(value.orelse, *again)
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        return _first_words(value.left, *again)
    if isinstance(value, ast.ListComp) or (isinstance(value, ast.Call) and _name(value.func) in ("map", "str")):
        inner = value.elt if isinstance(value, ast.ListComp) else value.args[-1]
        source = value.generators[0].iter if isinstance(value, ast.ListComp) else inner
        return _first_words(source, *again)
    if isinstance(value, ast.Name):
        return _assigned(value.id, *again)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return _returned(value.func.id, tree, depth + 1)
    return {COMPUTED}


def _assigned(name: str, function: ast.AST, tree: ast.Module, depth: int) -> set[str]:
    """What a variable of the function, or of the module, may begin with."""
    for scope in (function, tree):
        found: set[str] = set()
        for node in ast.walk(scope):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            value = getattr(node, "value", None)
            named = any(isinstance(target, ast.Name) and target.id == name for target in targets)
            if named and isinstance(node, ast.Assign | ast.AnnAssign) and value is not None:
                found |= _first_words(value, scope, tree, depth)
        if found:
            return found
    return {COMPUTED}


def _returned(name: str, tree: ast.Module, depth: int) -> set[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            values = [item.value for item in ast.walk(node) if isinstance(item, ast.Return) and item.value]
            return set().union(*(_first_words(value, node, tree, depth) for value in values)) or {COMPUTED}
    return {COMPUTED}


def _name(function: ast.expr) -> str:
    return ast.unparse(function) if isinstance(function, ast.Name | ast.Attribute) else ""
