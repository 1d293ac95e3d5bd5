"""How this machine's clients find their registries, for a machine that is to find them in the same way."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from slipway import paths
from slipway.artifacts import hostnet

#: Where the machine sees this one's CA bundle; variables that name the bundle here name it there.
BUNDLE = "/etc/ssl/lent/ca.pem"
_NAMES = re.compile(r"(?i)^(https?_proxy|no_proxy|pip_.*|npm_config_.*|go(proxy|sumdb|nosumdb|noproxy|private|flags))$")
_CA = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO")
#: Download caches of clients: how the client names it → where the machine has it.
CACHES = {
    "go": "/root/go/pkg/mod",
    "pip": "/root/.cache/pip",
    "npm": "/root/.npm",
    "uv": "/root/.cache/slipway/uv",
}


def environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Variables for the machine's commands. Directories of this machine are not there, and are left out."""
    found = {name: value for name, value in environ.items() if _NAMES.match(name) and not value.startswith("/")}
    return found | (dict.fromkeys(_CA, BUNDLE) if hostnet.ca_bundle(environ) else {})


def configure(root: Path) -> None:
    """Write the files that a client reads: name servers, CA bundle, pip's and npm's own configuration."""
    # A name server on a loopback address answers this machine alone.
    servers = [Path("/run/systemd/resolve/resolv.conf"), Path("/etc/resolv.conf")]
    shutil.copy(next(path for path in servers if path.exists()), root / "etc/resolv.conf")
    bundle = hostnet.ca_bundle()
    if bundle:
        target = root / BUNDLE[1:]
        target.parent.mkdir(parents=True)
        shutil.copy(bundle, target)
    options = "\n".join(hostnet.apt_options())
    (root / "etc/apt/apt.conf.d/90lent").write_text(options + "\n" if options else "")
    for file, name in ((Path("/etc/pip.conf"), "etc/pip.conf"), (Path.home() / ".npmrc", "root/.npmrc")):
        if file.is_file():
            text = file.read_text()
            (root / name).write_text(text.replace(str(bundle), BUNDLE) if bundle else text)


def caches() -> dict[str, Path]:
    """The download caches of this machine that there are, by client."""
    asked = {"go": ["go", "env", "GOMODCACHE"], "npm": ["npm", "config", "get", "cache"]}
    found = {"pip": Path(os.environ.get("PIP_CACHE_DIR") or Path.home() / ".cache/pip"), "uv": paths.cache() / "uv"}
    for name, words in asked.items():
        if shutil.which(words[0]):
            found[name] = Path(subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip())
    return {name: path for name, path in found.items() if path.is_dir()}


def lent(disk: Path) -> list[str]:
    """The caches as a machine is lent them: they show through, and what it adds stays on its own ``disk``."""
    words = []
    for name, path in caches().items():
        upper, work = disk / f"{name}-upper", disk / f"{name}-work"
        upper.mkdir()
        work.mkdir()
        words.append(f"copy:{path}:{upper}:{work}:{CACHES[name]}")
    return words
