"""Authorities that the platform trusts, from a mounted ConfigMap: a registry's certificate may be of one of them."""

from __future__ import annotations

from pathlib import Path

#: Where the ConfigMap `slipway-trust` is mounted; it may be missing, and each file of it may be empty.
MOUNTED = Path("/etc/slipway/trust/ca.crt")
SYSTEM = Path("/etc/ssl/certs/ca-certificates.crt")


def gather(target: Path, mounted: Path = MOUNTED, system: Path = SYSTEM) -> dict[str, str]:
    """The environment of programs that ask the registry; ``target`` is written where there is something to trust.

    The authorities come beside the system's own: a list of one company's does not shut the rest of the world out.
    """
    given = _text(mounted)
    if not given:
        return {}
    target.write_text(f"{_text(system)}\n{given}\n")
    return {"SSL_CERT_FILE": str(target)}


def _text(path: Path) -> str:
    return path.read_text().strip() if path.is_file() else ""
