"""Licences of Go modules: their zips carry the text, nothing carries the name."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

#: Words that only this licence's text has, in the order in which they are looked for.
_MARKS = (
    ("Apache-2.0", r"Apache License,?\s+Version 2\.0"),
    ("MPL-2.0", r"Mozilla Public License,?\s+(Version |v\. )2\.0"),
    ("LGPL-3.0-only", r"GNU LESSER GENERAL PUBLIC LICENSE\s+Version 3"),
    ("GPL-3.0-only", r"GNU GENERAL PUBLIC LICENSE\s+Version 3"),
    ("GPL-2.0-only", r"GNU GENERAL PUBLIC LICENSE\s+Version 2"),
    ("BSD-3-Clause", r"Redistributions in binary form[\s\S]*(Neither|endorse or promote)"),
    ("BSD-2-Clause", r"Redistributions in binary form"),
    ("ISC", r"Permission to use, copy, modify, and(/or)? distribute this software"),
    ("MIT", r"Permission is hereby granted, free of charge"),
    ("Unlicense", r"This is free and unencumbered software"),
)
_FILES = re.compile(r"^(LICEN[SC]E|COPYING)([.-].*)?$", re.IGNORECASE)


def recognise(text: str) -> str:
    """The SPDX id of a licence's text, or ""."""
    return next((name for name, pattern in _MARKS if re.search(pattern, text, re.IGNORECASE)), "")


def of_module(name: str, version: str) -> tuple[str, ...]:
    """The licence of a module in Go's module cache; nothing when it is not there (then it was not built here)."""
    folder = _cache()
    if folder is None:
        return ()
    # In the module cache an upper-case letter is an exclamation mark and the lower-case one (golang.org/ref/mod).
    path = folder / re.sub(r"[A-Z]", lambda found: f"!{found.group().lower()}", f"{name}@{version}")
    if not path.is_dir():
        return ()
    texts = [
        file.read_text(errors="replace")
        for file in sorted(path.iterdir())
        if _FILES.match(file.name) and file.is_file()
    ]
    return tuple(sorted({found for found in map(recognise, texts) if found}))


@cache
def _cache() -> Path | None:
    from slipway.artifacts import toolchain

    go = toolchain.find().program
    if go is None:
        return None
    done = subprocess.run([go, "env", "GOMODCACHE"], capture_output=True, text=True, check=False)
    folder = Path(done.stdout.strip() or "/nonexistent")
    return folder if folder.is_dir() else None
