"""Slipway and its Python dependencies as wheels, for a machine that reaches no index."""

from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path

from slipway import paths
from slipway.artifacts import hostnet, process
from slipway.errors import BadInput

REQUIREMENTS = "requirements.txt"
#: The distribution's name, as files of wheels spell it.
NAME = "slipway_platform"


def collect(root: Path, target: Path, work: Path) -> None:
    """Write the wheels and their hashed requirements to ``target``. Raises SlipwayError with pip's words."""
    if not (root / "pyproject.toml").is_file():
        raise BadInput(
            "not a checkout: Slipway's own wheel is made from its sources", str(root), "clone the repository"
        )
    log = paths.cache() / "logs" / "bundle-wheels.log"
    log.unlink(missing_ok=True)
    requirements = root / "requirements" / "slipway.txt"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    remedy = "let pip reach a package index"
    target.mkdir(parents=True)
    process.run(
        [
            *pip,
            "download",
            "--quiet",
            "--require-hashes",
            "--only-binary=:all:",
            f"--dest={target}",
            "-r",
            requirements,
        ],
        log=log,
        where="wheels",
        remedy=remedy,
    )
    # setuptools builds beside the sources: from a copy, so that a checkout stays as it is.
    source = work / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(root / name, source / name)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(root / "installer", source / "installer", ignore=ignored)
    process.run(
        [*pip, "wheel", "--quiet", "--no-deps", "--no-build-isolation", f"--wheel-dir={target}", source],
        log=log,
        where="wheel of slipway",
        env={"SOURCE_DATE_EPOCH": str(hostnet.EPOCH)},
    )
    for wheel in target.glob(f"{NAME}-*.whl"):
        uniform(wheel)
    shutil.copy2(requirements, target / REQUIREMENTS)


def uniform(wheel: Path) -> None:
    """Write a wheel anew with the same modes everywhere: a checkout's and a builder's umask get into it."""
    part = wheel.with_name(f"{wheel.name}.part")
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            plain = zipfile.ZipInfo(entry.filename, entry.date_time)
            plain.compress_type = zipfile.ZIP_DEFLATED
            plain.external_attr = (0o100755 if (entry.external_attr >> 16) & 0o100 else 0o100644) << 16
            new.writestr(plain, old.read(entry))
    part.replace(wheel)


def python_version() -> str:
    """The Python that the wheels are for, e.g. ``3.11``."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"
