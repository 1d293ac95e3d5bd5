"""What kustomize and Helm built of the same files and values before: rendering anew would say the same.

One file per component and input below the cache; whoever reads it is its owner, as with the configuration: values of
settings stand in it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from slipway import __version__, paths
from slipway.catalog import Component
from slipway.kube.objects import Obj
from slipway.render.settings import Facts

#: How many components' renderings stay, the newest ones.
KEPT = 400
#: A change in how things are rendered renders them anew.
RECIPE = 2


@dataclass(frozen=True)
class Built:
    """The values of a component's settings and the objects as kustomize said them, with the images' own names,
    and the annotation that says where they come from (see ``origin``)."""

    values: Mapping[str, str]
    objects: list[Obj]


class Asked:
    """A node's address that tells whether anybody asked for it: only then does what is rendered depend on it."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.answer: str | None = None

    @property
    def facts(self) -> Facts:
        """The same facts, listened to."""
        return replace(self._facts, node_ip=self._ask)

    def _ask(self) -> str:
        self.answer = self._facts.node_ip()
        return self.answer


def tree_digest(root: Path) -> str:
    """A hash of every file below manifests/ and overlays/, and of the programs that build them."""
    digest = hashlib.sha256(f"{RECIPE} {__version__} {_programs()}".encode())
    for part in ("manifests", "overlays"):
        for folder, folders, files in os.walk(root / part):
            folders.sort()
            for name in sorted(files):
                path = os.path.join(folder, name)  # noqa: PTH118  # Path is slow, and there are hundreds
                content = os.readlink(path).encode() if os.path.islink(path) else _read(path)  # noqa: PTH114, PTH115
                digest.update(f"\0{path.removeprefix(str(root))}\0{len(content)}\0".encode())
                digest.update(content)
    return digest.hexdigest()


def key_of(tree: str, overlay: str, component: Component, settings: Mapping[str, object], facts: Facts) -> str:
    """The name of a rendering: all that it follows from, but for a node's address."""
    parts = [tree, overlay, repr(component), dict(settings), facts.project, dict(facts.shared), facts.gateway_door]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=repr).encode()).hexdigest()[:32]


def load(key: str, facts: Facts) -> Built | None:
    """What was rendered; None when it was not, or for a node of another address."""
    try:
        stored = json.loads((_folder() / key).read_bytes())
        built, address = Built(stored["values"], stored["objects"]), stored["node_ip"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return built if address is None or address == facts.node_ip() else None


def save(key: str, built: Built, asked: Asked) -> None:
    """Keep a rendering. A cache that cannot be written is none, and nothing else."""
    value = {"values": dict(built.values), "objects": built.objects, "node_ip": asked.answer}
    with contextlib.suppress(OSError, TypeError):
        text = json.dumps(value, separators=(",", ":"))
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = folder / f".{key}.{os.getpid()}"
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        temporary.replace(folder / key)


def trim() -> None:
    """Remove all but the newest."""
    with contextlib.suppress(OSError):
        files = sorted(_folder().iterdir(), key=lambda path: path.stat().st_mtime)
        for path in files[:-KEPT]:
            path.unlink(missing_ok=True)


def _folder() -> Path:
    return paths.cache() / "rendered"


def _read(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123
        return file.read()


def _programs() -> str:
    """Which kustomize and Helm would be called, as far as it can be known without calling them."""
    words = []
    for name in ("kustomize", "helm", "kubectl"):
        program = os.environ.get(f"SLIPWAY_{name.upper()}") or shutil.which(name) or ""
        with contextlib.suppress(OSError):
            seen = Path(program).stat()
            words.append(f"{name} {program} {seen.st_size} {seen.st_mtime_ns}")
    for unit in ("tools", "helm"):
        with contextlib.suppress(OSError):
            words.append((paths.distribution() / "images" / unit / "go" / "go.sum").read_text(encoding="utf-8"))
    return "\n".join(words)
