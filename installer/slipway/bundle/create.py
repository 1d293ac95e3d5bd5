"""Puts a bundle together."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from slipway import __version__, paths
from slipway.artifacts import publish, rootfs, store
from slipway.artifacts.model import Artifact
from slipway.bundle import archive, distribution, packages, sums, wheels
from slipway.bundle.model import ABOUT, BOOTSTRAP, SBOM, SUMS, About
from slipway.bundle.sbom.collect import sbom
from slipway.progress import Reporter


def create(target: Path, overlay: str, artifacts: Iterable[Artifact], reporter: Reporter) -> None:
    """Write the bundle ``target`` with these artifacts. Raises SlipwayError when a package or wheel cannot be had."""
    root = paths.distribution()
    work = paths.cache() / "tmp" / "bundle"
    with store.exclusive("bundle"):
        shutil.rmtree(work, ignore_errors=True)
        staged = work / "staged"
        staged.mkdir(parents=True)
        try:
            _fill(staged, root, overlay, list(artifacts), work, reporter)
            with reporter.step("bundle", f"write {target}", announce=False):
                target.parent.mkdir(parents=True, exist_ok=True)
                archive.write(staged, target)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _fill(staged: Path, root: Path, overlay: str, artifacts: list[Artifact], work: Path, reporter: Reporter) -> None:
    distribution.copy(root, staged / "distribution")
    with reporter.step("bundle", "wheels", announce=False):
        wheels.collect(root, staged / "wheels", work)
    with reporter.step("bundle", "host packages", announce=False):
        packages.collect(staged / "packages")
    with reporter.step("bundle", "artifacts", announce=False):
        publish.write(artifacts, staged, reporter)
    with reporter.step("bundle", "SBOM", announce=False):
        (staged / SBOM).write_text(sbom(artifacts, staged / "wheels", staged / "packages"))
    about = About(__version__, overlay, rootfs.architecture(), packages.suite(), wheels.python_version())
    (staged / ABOUT).write_text(about.text())
    bootstrap = staged / BOOTSTRAP
    bootstrap.write_text((resources.files("slipway.bundle") / BOOTSTRAP).read_text())
    bootstrap.chmod(0o755)
    with reporter.step("bundle", "checksums", announce=False):
        text = sums.of_directory(staged)
    (staged / SUMS).write_text(text)
