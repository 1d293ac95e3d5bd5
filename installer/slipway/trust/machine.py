"""What this machine's own clients are set up by, and the file that the configuration names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slipway.errors import BadInput
from slipway.trust.configmap import MOST_BYTES, Clients, check_bundle, data, from_settings

#: ``trust_bundle`` for none at all, also on the embedded cluster.
NONE = "none"


def texts(settings: Mapping[str, Any], *, embedded: bool) -> dict[str, str]:
    """The data of the ConfigMap. ``settings``: the trust settings of the configuration; what they leave open is, on the
    embedded cluster, what this machine's own clients use. Empty where nothing is said. Raises BadInput."""
    named = str(settings.get("trust_bundle", ""))
    clients = from_settings(settings, _read(named) if named not in ("", NONE) else "")
    if embedded:
        own = of_machine()
        clients = Clients(
            clients.bundle or ("" if named else own.bundle),
            clients.pip or own.pip,
            clients.npm or own.npm,
            clients.apt or own.apt,
        )
    return data(clients) if clients != Clients() else {}


def of_machine(environ: Mapping[str, str] = os.environ) -> Clients:
    """CA bundle and package indexes of this machine, without credentials; what cannot be read or used is left out."""
    from slipway.artifacts import hostnet

    return Clients(
        _own_bundle(hostnet.ca_bundle(environ)),
        hostnet.machine_pip(environ),
        hostnet.machine_npm(environ),
        tuple(hostnet.apt_options()) if Path("/usr/bin/apt-config").exists() else (),
    ).without_credentials()


def _own_bundle(path: Path | None) -> str:
    try:
        text = path.read_text(encoding="utf-8") if path else ""
        check_bundle(text, str(path))
    except (OSError, UnicodeDecodeError, BadInput):
        return ""
    return text


def _read(name: str) -> str:
    path = Path(name).expanduser()
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1).decode()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}", "settings.trust_bundle") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not a text", "settings.trust_bundle", "convert it to PEM") from error
    if not text:
        raise BadInput(f"{path} is empty", "settings.trust_bundle")
    return text
