"""Objects as YAML that every parser reads alike, and the names of their files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import yaml

from slipway.kube.objects import Obj, ref_of

_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
#: What no parser, of YAML 1.1 or 1.2, takes for anything but a text.
_PLAIN = re.compile(r"^[A-Za-z/][A-Za-z0-9_./-]*$")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "inf", "nan"})


class _Dumper(_Base):  # type: ignore[misc]
    """Texts are quoted unless nobody can misread them; more than one line is written as lines."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: Any, value: str) -> Any:
    plain = _PLAIN.match(value) and value.lower() not in _WORDS
    style = "|" if "\n" in value else None if plain else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def dump(value: Any) -> str:
    """One document."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=2**16, allow_unicode=True))


def names(objects: Iterable[Obj]) -> dict[str, Obj]:
    """File name → object: kind and name, and the namespace where two would be alike."""
    listed = list(objects)
    short = [_slug(ref_of(obj).kind, ref_of(obj).name) for obj in listed]
    by_name: dict[str, Obj] = {}
    for name, obj in zip(short, listed, strict=True):
        ref = ref_of(obj)
        key = name if short.count(name) == 1 else _slug(ref.kind, ref.namespace or "cluster", ref.name)
        if key in by_name:  # the same kind of two API groups
            key = _slug(ref.kind, ref.group, ref.namespace or "cluster", ref.name)
        by_name[key] = obj
    return {f"{name}.yaml": obj for name, obj in by_name.items()}


def _slug(*parts: str) -> str:
    return re.sub(r"[^a-z0-9.-]+", "-", "-".join(parts).lower())
