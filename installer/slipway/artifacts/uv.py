"""uv, which installs Python packages in image builds: a pinned program, set up like the host's pip."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from slipway import paths
from slipway.artifacts.wheel import Wheel

#: pip's settings by the variable that says the same to uv; of lists pip separates the items by white space.
_SETTINGS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "proxy": "ALL_PROXY",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
    "retries": "UV_HTTP_RETRIES",
}
_COMMAS = frozenset({"find-links"})


def program() -> Path:
    """The pinned uv, installed into the cache when it is not there."""
    requirements = paths.distribution() / "requirements" / "uv.txt"
    return Wheel("uv", requirements, "bin/uv", "let pip reach a package index").ensure()


def cache() -> Path:
    """The packages that builds download: one directory for all images, which uv itself locks."""
    directory = paths.cache() / "uv"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def launcher(settings: Mapping[str, str], program: str, cache: str) -> str:
    """The script that builds call as uv: the paths in the build, how images want it, and pip's ``settings``.

    A script and no build arguments, for an index may have credentials in its address.
    """
    variables = {
        "UV_CACHE_DIR": cache,
        # A link into the cache would leave with it.
        "UV_LINK_MODE": "copy",
        "UV_NO_CONFIG": "1",
        "UV_NO_PROGRESS": "1",
        "UV_NO_INSTALLER_METADATA": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_REQUIRE_HASHES": "1",
        # As pip has it: all indexes are equal. Hashes say what is taken.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }
    for key, name in _SETTINGS.items():
        if key in settings:
            variables[name] = ("," if key in _COMMAS else " ").join(settings[key].split())
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(variables.items()))
    return f'#!/bin/sh\n{exports}exec {program} "$@"\n'
