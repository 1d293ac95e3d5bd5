"""Licences of Go modules: their zips carry the text, nothing carries the name."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

from slipway.bundle.sbom.licencetext import recognise

_FILES = re.compile(r"^(LICEN[SC]E|COPYING)([.-].*)?$", re.IGNORECASE)


def of_module(name: str, version: str) -> tuple[str, ...]:
    """The licence of a module in Go's module cache; nothing when it is not there (then it was not built here)."""
    folder = _cache()
    if folder is None:
        return ()
    # In the module cache an upper-case letter is an exclamation mark and the lower-case one (golang.org/ref/mod).
    path = folder / re.sub(r"[A-Z]", lambda match: f"!{match.group().lower()}", f"{name}@{version}")
    if not path.is_dir():
        return ()
    texts = [
        file.read_text(errors="replace")
        for file in sorted(path.iterdir())
        if _FILES.match(file.name) and file.is_file()
    ]
    return tuple(sorted({match for match in map(recognise, texts) if match}))


@cache
def _cache() -> Path | None:
    from slipway.artifacts import toolchain

    go = toolchain.find().program
    if go is None:
        return None
    done = subprocess.run([go, "env", "GOMODCACHE"], capture_output=True, text=True, check=False)
    folder = Path(done.stdout.strip() or "/nonexistent")
    return folder if folder.is_dir() else None
