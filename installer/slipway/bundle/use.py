"""A bundle on the machine that it is installed on."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from slipway.artifacts import rootfs, sources
from slipway.bundle import packages
from slipway.bundle.opened import Bundle
from slipway.errors import BadInput
from slipway.host import packages as host
from slipway.progress import Reporter


def refuse_others(bundle: Bundle) -> None:
    """Raises BadInput on a machine that a bundle is not for."""
    if bundle.about.architecture != rootfs.architecture():
        what = f"is for {bundle.about.architecture}, and this machine is {rootfs.architecture()}"
        raise BadInput(what, str(bundle.file), "make one on a machine like this one")
    missing = host.lacking("up")
    if missing and bundle.about.suite != packages.suite():
        what = f"its host packages are Debian {bundle.about.suite}'s, and this is {packages.suite() or 'no Debian'}"
        raise BadInput(what, str(bundle.file), f"install them yourself, and run it again: {' '.join(missing)}")


def use(bundle: Bundle, reporter: Reporter) -> None:
    """Take host packages now, and every artifact from now on, out of the bundle. Raises SlipwayError."""
    sources.use(sources.Sources("bundle", place=bundle))
    missing = host.lacking("up")
    if not missing:
        return
    if os.geteuid() != 0:
        raise BadInput(f"not root, and these packages are missing: {', '.join(missing)}", "packages", "run it as root")
    with (
        reporter.step("bundle", f"install {len(missing)} host packages", announce=False),
        tempfile.TemporaryDirectory(prefix="slipway-packages-") as directory,
    ):
        bundle.extract("packages", Path(directory) / "repository")
        packages.install(Path(directory) / "repository", missing, Path(directory) / "apt")
