"""Certificates and package indexes → the data of the ConfigMap ``slipway-trust``; see docs/trust.md.

Everybody in the project may read it: credentials have no place in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from slipway.errors import BadInput

if TYPE_CHECKING:
    from slipway.kube.objects import Obj

NAME = "slipway-trust"
#: Where pods mount it.
MOUNT = "/etc/slipway/trust"
CA, PIP, NPM, APT = "ca.crt", "pip.conf", "npmrc", "apt-proxy.conf"
KEYS = (CA, PIP, NPM, APT)
#: Where they stand in the configuration, below ``settings``.
SETTINGS = ("trust_bundle", "pip", "npm", "apt")
#: Of 1 MiB that an object may have; the rest is left to the other keys.
MOST_BYTES = 900_000
_CREDENTIALS = re.compile(r"//[^/\s@]*@|_(auth|authToken|password|secret)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Clients:
    """``bundle`` is PEM text; ``pip`` and ``npm`` hold values by those programs' names, ``apt`` lines of apt's own."""

    bundle: str = ""
    pip: Mapping[str, str] = field(default_factory=dict)
    npm: Mapping[str, str] = field(default_factory=dict)
    apt: tuple[str, ...] = ()

    def without_credentials(self) -> Clients:
        """The same without every value that holds a user's name or password."""
        return Clients(
            self.bundle,
            {key: value for key, value in self.pip.items() if not _CREDENTIALS.search(value)},
            {key: value for key, value in self.npm.items() if not _CREDENTIALS.search(f"{key}={value}")},
            tuple(line for line in self.apt if not _CREDENTIALS.search(line)),
        )


def from_settings(settings: Mapping[str, Any], bundle: str) -> Clients:
    """What the configuration says; ``bundle`` is the text of the file that ``trust_bundle`` names.

    Raises BadInput for credentials and for what is not a bundle of certificates.
    """
    pip = {key.replace("_", "-"): str(value) for key, value in settings.get("pip", {}).items() if value != ""}
    npm = {key.replace("_", "-"): str(value) for key, value in settings.get("npm", {}).items() if value != ""}
    apt = tuple(
        f'Acquire::{key.removesuffix("_proxy")}::Proxy "{value}";'
        for key, value in sorted(settings.get("apt", {}).items())
        if value != ""
    )
    clients = Clients(bundle, pip, npm, apt)
    if clients != clients.without_credentials():
        raise BadInput(
            f"an address holds a user's name or password; everybody in the project could read it in ConfigMap {NAME}",
            "settings.pip, settings.npm, settings.apt",
            "name an index that needs none, or a proxy in front of it that adds them",
        )
    check_bundle(bundle, "settings.trust_bundle")
    return clients


def check_bundle(text: str, where: str) -> None:
    """Raise BadInput unless the text holds certificates, no private key, and not more than an object may."""
    if not text:
        return
    if "-----BEGIN CERTIFICATE-----" not in text:
        raise BadInput("there is no certificate in it", where, "give a file of certificates in PEM")
    if "PRIVATE KEY-----" in text:
        raise BadInput("there is a private key in it", where, "give a file of certificates alone")
    if len(text.encode()) > MOST_BYTES:
        raise BadInput(f"it has more than {MOST_BYTES:,} bytes", where, "leave out what nobody needs")


def data(clients: Clients) -> dict[str, str]:
    """Key → text of the ConfigMap; each may be empty."""
    pip, npm, apt = dict(clients.pip), dict(clients.npm), list(clients.apt)
    if clients.bundle:
        pip |= {"cert": f"{MOUNT}/{CA}"}
        npm |= {"cafile": f"{MOUNT}/{CA}"}
        apt.append(f'Acquire::https::CAInfo "{MOUNT}/{CA}";')
    lines = "".join(f"{key} = {_folded(value)}\n" for key, value in sorted(pip.items()))
    return {
        CA: clients.bundle,
        PIP: f"[global]\n{lines}" if pip else "",
        NPM: "".join(f"{key}={value}\n" for key, value in sorted(npm.items())),
        APT: "".join(f"{line}\n" for line in apt),
    }


def _folded(value: str) -> str:
    return value.strip().replace("\n", "\n    ")


def fill(obj: Obj, texts: Mapping[str, str]) -> Obj:
    """The object, with these texts where it is the ConfigMap; without any, it stays as the manifests have it."""
    if not texts or obj.get("kind") != "ConfigMap" or obj["metadata"]["name"] != NAME:
        return obj
    return {**obj, "data": {**obj.get("data", {}), **texts}}
