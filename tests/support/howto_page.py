"""Follow a page of docs/howto: write its files, run its commands, see the lines that it says come out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: What a page may change, or run.
COPIED = ("manifests", "overlays", "images", "installer", "playbooks", "docs", "examples", "requirements")
FENCE = re.compile(r"(?P<before>[^\n]*)\n\n```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.M | re.S)
TITLE = re.compile(r"`([^`]+)`:$")


@dataclass(frozen=True)
class Step:
    """``file``: a path and its text; ``sh``: commands; ``text``: lines that the commands before have printed."""

    kind: str
    text: str
    path: str = ""


def steps(page: str) -> list[Step]:
    """What a page asks for, in its order. A block with a path above it is a file; others of no known kind are shown."""
    found = []
    for block in FENCE.finditer(page):
        title = TITLE.search(block["before"])
        if title:
            found.append(Step("file", block["text"], title[1]))
        elif block["kind"] in ("sh", "text"):
            found.append(Step(block["kind"], block["text"]))
    return found


def scratch(directory: Path) -> Path:
    """A copy of the repository that a page may change."""
    ignore = shutil.ignore_patterns("__pycache__", ".mypy_cache", ".ansible")
    for name in COPIED:
        shutil.copytree(ROOT / name, directory / name, ignore=ignore, symlinks=True)
    programs = directory / ".programs"
    programs.mkdir()
    (programs / "slipway").write_text(f'#!/bin/sh\nexec {sys.executable} -m slipway.cli.main "$@"\n')
    (programs / "slipway").chmod(0o755)
    return directory


def follow(page: str, directory: Path, **environment: str) -> None:
    """Do what ``page`` says in ``directory``. AssertionError: a command failed, or did not print what is promised."""
    path = f"{directory / '.programs'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    known = {**os.environ, "PATH": path, "PYTHONPATH": str(directory / "installer"), "SLIPWAY_HOME": str(directory)}
    printed = ""
    for step in steps(page):
        if step.kind == "file":
            target = directory / step.path
            assert not target.exists(), f"{step.path} is there already"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(step.text)
        elif step.kind == "sh":
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", step.text],
                cwd=directory,
                env={**known, **environment},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=300,
            )
            printed = done.stdout + done.stderr
            assert done.returncode == 0, f"{step.text}\n{printed}"
        else:
            for line in step.text.splitlines():
                assert line in printed, f"not printed: {line}\n{printed}"
