"""Image references as values.

Source: the grammar of https://pkg.go.dev/github.com/distribution/reference (domain, path, tag, digest).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
#: A host that can be distinguished from a path: with a dot, a port, or localhost.
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})+(?::[0-9]{{1,5}})?|{_LABEL}:[0-9]{{1,5}}|localhost)"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_PATH = rf"{_COMPONENT}(?:/{_COMPONENT})*"
_TAG = r"\w[\w.-]{0,127}"
_DIGEST = r"sha256:[0-9a-f]{64}"
_WHOLE = re.compile(rf"(?:(?P<host>{_HOST})/)?(?P<path>{_PATH})(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_DIGEST}))?", re.A)
#: A reference that cannot be anything else: host, path, and tag or digest; not a part of a URL or a longer word.
FULL = re.compile(
    rf"(?<![\w./:@%$-]){_HOST}/{_PATH}(?::{_TAG}(?:@{_DIGEST})?|@{_DIGEST})(?![\w/@:]|\.\w|-\w)".replace(
        _TAG, r"\w(?:[\w.-]{0,126}\w)?"
    ),
    re.A,
)
_LONGEST = 255
DEFAULT_HOST = "docker.io"
#: A Service of the cluster: what the platform's own registry holds is pushed there by users, never pulled from outside.
_INTERNAL = re.compile(r"\.svc(?:$|:)|\.svc\.|\.cluster\.local(?:$|:)")


@dataclass(frozen=True, order=True)
class Reference:
    """``host`` and ``path`` are complete (docker.io/library/mysql); ``tag`` and ``digest`` are "" when not given."""

    host: str
    path: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """Host and path."""
        return f"{self.host}/{self.path}"

    @property
    def internal(self) -> bool:
        """Whether the host is a Service of the cluster itself."""
        return _INTERNAL.search(self.host) is not None

    def pinned(self, digest: str) -> Reference:
        """The same with a digest; the tag stays for the reader."""
        return replace(self, digest=digest)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.name}{tag}@{self.digest}" if self.digest else f"{self.name}{tag}"


def parse(text: str) -> Reference | None:
    """The reference, or None for text that is none. ``mysql:8`` is docker.io/library/mysql:8."""
    match = _WHOLE.fullmatch(text)
    if match is None:
        return None
    host, path = (match["host"] or DEFAULT_HOST).lower(), match["path"]
    if host in ("index.docker.io", "registry-1.docker.io"):
        host = DEFAULT_HOST
    if host == DEFAULT_HOST and "/" not in path:
        path = f"library/{path}"
    if len(host) + 1 + len(path) > _LONGEST:
        return None
    return Reference(host, path, match["tag"] or "", match["digest"] or "")


def evident(text: str) -> bool:
    """Whether a well-formed reference says by itself that it is one: a host, a tag or a digest is in it."""
    match = _WHOLE.fullmatch(text)
    return match is not None and bool(match["host"] or match["tag"] or match["digest"])
