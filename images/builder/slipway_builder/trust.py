"""What the platform hands to builds: authorities to trust and where packages come from, from a mounted ConfigMap."""

from __future__ import annotations

from pathlib import Path

#: Where the ConfigMap `slipway-trust` is mounted; it may be missing, and each file of it may be empty.
MOUNTED = Path("/etc/slipway/trust")
SYSTEM = Path("/etc/ssl/certs/ca-certificates.crt")
AUTHORITIES, PIP = "ca.crt", "pip.conf"


def gather(target: Path, mounted: Path = MOUNTED, system: Path = SYSTEM) -> dict[str, str]:
    """Put what is given into ``target``, and say it: variable → file name in ``target``.

    The authorities come beside the system's own: a list of one company's does not shut the rest of the world out.
    """
    target.mkdir(parents=True, exist_ok=True)
    found: dict[str, str] = {}
    if given := _text(mounted / AUTHORITIES):
        (target / AUTHORITIES).write_text(f"{_text(system)}\n{given}\n")
        found |= dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT"), AUTHORITIES)
    if given := _text(mounted / PIP):
        (target / PIP).write_text(given + "\n")
        found["PIP_CONFIG_FILE"] = PIP
    for path in (target, *target.iterdir()):
        # The build's root is another id outside of its user namespace.
        path.chmod(0o755 if path.is_dir() else 0o644)
    return found


def _text(path: Path) -> str:
    return path.read_text().strip() if path.is_file() else ""
