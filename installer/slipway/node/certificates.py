"""kubeadm's certificates last a year; a start renews what ends within a month."""

from __future__ import annotations

import datetime
import json

from slipway.host.run import attempt, run
from slipway.node.config import NodeConfig

DAYS = 30


def expiring(report: str, now: datetime.datetime, days: int = DAYS) -> list[str]:
    """Names of certificates that end within ``days``, from ``kubeadm certs check-expiration -o json``."""
    limit = now + datetime.timedelta(days=days)
    soon = []
    for certificate in json.loads(report).get("certificates", []):
        end = datetime.datetime.fromisoformat(certificate["expirationDate"].replace("Z", "+00:00"))
        if end < limit and not certificate.get("missing"):
            soon.append(certificate["name"])
    return soon


def parse_end(openssl_output: str) -> datetime.datetime:
    """The end of validity from ``openssl x509 -noout -enddate``: notAfter=Nov 22 06:00:00 2027 GMT."""
    text = openssl_output.strip().partition("=")[2]
    return datetime.datetime.strptime(text, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=datetime.UTC)


def due(config: NodeConfig, now: datetime.datetime) -> list[str]:
    """What has to be renewed: kubeadm's certificates, and ``kubelet.conf`` when the kubelet let its own run out."""
    names = expiring(
        run(
            [
                config.bin / "kubeadm",
                "certs",
                "check-expiration",
                "-o",
                "json",
                "--config",
                config.state / "kubeadm" / "kubeadm.yaml",
            ],
            what="certificates",
        ),
        now,
    )
    own = config.kubelet_root / "pki" / "kubelet-client-current.pem"
    code, text = attempt(["openssl", "x509", "-noout", "-enddate", "-in", own]) if own.exists() else (1, "")
    # The kubelet renews this one itself while it runs; only a long rest lets it end.
    if code == 0 and parse_end(text) < now:
        names.append("kubelet.conf")
    return names


def renew(config: NodeConfig, names: list[str]) -> None:
    """Renew them. The control plane must not run: it reads certificates when it starts."""
    settings = ["--config", str(config.state / "kubeadm" / "kubeadm.yaml")]
    if any(name != "kubelet.conf" for name in names):
        run([config.bin / "kubeadm", "certs", "renew", "all", *settings], what="certificates")
    if "kubelet.conf" in names:
        (config.kubernetes / "kubelet.conf").unlink(missing_ok=True)
        for old in (config.kubelet_root / "pki").glob("kubelet-client-*"):
            old.unlink()
        run([config.bin / "kubeadm", "init", "phase", "kubeconfig", "kubelet", *settings], what="kubelet.conf")
