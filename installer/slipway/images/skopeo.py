"""Registries, through skopeo: digests and copies. Credentials come from its authentication file, never from argv."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from slipway.errors import BadInput, SlipwayError
from slipway.host import apt
from slipway.images.naming import check_registry, host_of
from slipway.images.reference import Reference

#: Seconds for one question, and for one copy.
ASK_SECONDS, COPY_SECONDS = 60, 3600
POLICY = Path("/etc/containers/policy.json")
_SCHEME = "docker://"
_MISSING = re.compile(r"manifest unknown|name unknown|MANIFEST_UNKNOWN|NAME_UNKNOWN|status 404|not found: ")
_PLAIN = re.compile(r"server gave HTTP response to HTTPS client")
_CERTIFICATE = re.compile(r"x509:|tls: failed to verify|certificate")
_REFUSED = re.compile(r"unauthorized|authentication required|denied|status 40[13]|invalid username/password")
_SILENT = re.compile(
    r"dial tcp|no such host|connection refused|i/o timeout|deadline exceeded|no route to host|TLS handshake timeout|"
    r"EOF|connection reset|proxyconnect|pinging container registry"
)


@dataclass
class Registries:
    """``authfile``: None for skopeo's own places ($REGISTRY_AUTH_FILE among them). ``insecure``: hosts that may be
    spoken to over HTTP or with a certificate that nobody vouches for. ``copy_seconds``: the time of one copy. Safe to
    use from several threads."""

    authfile: Path | None = None
    insecure: frozenset[str] = frozenset()
    copy_seconds: int = COPY_SECONDS
    _silent: dict[str, str] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def digest(self, reference: Reference) -> str | None:
        """The digest of what the registry has under this tag or digest (of the index where there is one).

        None when it has nothing. Raises SlipwayError that names image and host.
        """
        words = ["inspect", "--raw", *self._tls(reference, "--tls-verify"), _source(reference)]
        done = self._run(words, reference, ASK_SECONDS)
        if done.returncode == 0:
            return f"sha256:{hashlib.sha256(done.stdout).hexdigest()}"
        text = done.stderr.decode(errors="replace")
        if _MISSING.search(text):
            return None
        raise self._failure(text, reference)

    def copy(self, source: Reference | Path, target: Reference) -> None:
        """Copy an image, or an OCI layout, with all its architectures and unchanged digests.

        Layers that the target has are not sent again. Raises SlipwayError that names image and host.
        """
        words = ["copy", "--quiet", "--multi-arch=all", "--preserve-digests", "--retry-times=2"]
        words += self._tls(target, "--dest-tls-verify")
        if isinstance(source, Path):
            words.append(f"oci:{source}")
        else:
            words += [*self._tls(source, "--src-tls-verify"), _source(source)]
        words.append(_target(target))
        done = self._run(words, target, self.copy_seconds)
        if done.returncode != 0:
            text = done.stderr.decode(errors="replace")
            from_source = isinstance(source, Reference) and source.host in text and target.host not in text
            raise self._failure(text, source if isinstance(source, Reference) and from_source else target)

    def _tls(self, reference: Reference, flag: str) -> list[str]:
        return [f"{flag}=false"] if reference.host in self.insecure else []

    def _run(self, words: Sequence[str], reference: Reference, seconds: int) -> subprocess.CompletedProcess[bytes]:
        with self._lock:
            if reason := self._silent.get(reference.host):
                raise _silence(reference, reason)
        command = ["skopeo", *([] if POLICY.is_file() else ["--insecure-policy"]), f"--command-timeout={seconds}s"]
        environment = {**os.environ, **({"REGISTRY_AUTH_FILE": str(self.authfile)} if self.authfile else {})}
        try:
            return subprocess.run(
                [*command, *words], capture_output=True, timeout=seconds + 30, env=environment, check=False
            )
        except FileNotFoundError:
            raise SlipwayError("skopeo is not installed", "images", f"as root: {apt.command(['skopeo'])}") from None
        except subprocess.TimeoutExpired:
            raise SlipwayError(f"{reference.host} did not end within {seconds} s", f"image {reference}") from None

    def _failure(self, text: str, reference: Reference) -> SlipwayError:
        host, message = reference.host, _last_message(text)
        where = f"image {reference}"
        if _PLAIN.search(text):
            remedy = f"if that is meant so: --insecure {host}"
            return SlipwayError(f"{host} speaks HTTP, not HTTPS", where, remedy, (message,))
        if _REFUSED.search(text):
            remedy = f"skopeo login {host}, or --authfile FILE with its credentials; or the image does not exist there"
            return SlipwayError(f"{host} refuses", where, remedy, (message,))
        if _CERTIFICATE.search(text):
            remedy = f"install its CA on this machine, or: --insecure {host}"
            return SlipwayError(f"the certificate of {host} is not trusted", where, remedy, (message,))
        if _SILENT.search(text):
            with self._lock:
                self._silent.setdefault(host, message)
            return _silence(reference, message)
        return SlipwayError(f"{host}: skopeo failed", where, "", (message,))


@dataclass
class Unreachable(SlipwayError):
    """A registry that gives no answer; ``host`` is it."""

    host: str = ""


def _silence(reference: Reference, message: str) -> Unreachable:
    return Unreachable(
        f"the registry {reference.host} cannot be reached",
        f"image {reference}",
        "let this machine reach it, or take the image from a mirror: images.registry",
        (message,),
        host=reference.host,
    )


def _source(reference: Reference) -> str:
    """skopeo takes tag or digest, not both; the digest says more."""
    return f"{_SCHEME}{reference.name}@{reference.digest}" if reference.digest else f"{_SCHEME}{reference}"


def _target(reference: Reference) -> str:
    return f"{_SCHEME}{reference.name}:{reference.tag}" if reference.tag else f"{_SCHEME}{reference}"


def _last_message(text: str) -> str:
    """skopeo's last message, without time and level."""
    lines = [line for line in text.splitlines() if line.strip()]
    match = re.search(r'msg="(.*)"$', lines[-1]) if lines else None
    return (match[1].replace('\\"', '"') if match else lines[-1] if lines else "no message")[:400]


def authfile(file: str | None) -> Path | None:
    """--authfile as a path. Raises BadInput when it cannot be read."""
    if file is None:
        return None
    path = Path(file)
    if not os.access(path, os.R_OK):
        raise BadInput("cannot be read", f"--authfile {file}", "make it: skopeo login --authfile FILE REGISTRY")
    return path.resolve()


def hosts(names: Sequence[str]) -> frozenset[str]:
    """The hosts of --insecure; a path after the host does no harm. Raises BadInput for what is not a host."""
    return frozenset(host_of(check_registry(name, "--insecure")) for name in names)
