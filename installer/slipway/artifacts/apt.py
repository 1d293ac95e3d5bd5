"""The host's own Debian package sources: where base images come from.

Formats: sources.list(5), one-line style and deb822 style.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from slipway.errors import SlipwayError

DIRECTORY = Path("/etc/apt")
#: The release that images are made of.
SUITE = "bookworm"
#: Keyrings and host names that mark an entry as Debian's own, not a third party's.
_DEBIAN_COMPONENTS = frozenset({"main", "contrib", "non-free", "non-free-firmware"})


@dataclass(frozen=True)
class Source:
    """One repository: ``options`` as in square brackets of the one-line style."""

    uri: str
    suite: str
    components: tuple[str, ...]
    options: tuple[tuple[str, str], ...] = ()

    @property
    def line(self) -> str:
        """The entry in one-line style."""
        options = " ".join(f"{key}={value}" for key, value in self.options)
        return " ".join(["deb", *([f"[{options}]"] if options else []), self.uri, self.suite, *self.components])


def parse_one_line(text: str) -> list[Source]:
    """The ``deb`` entries of a ``.list`` file."""
    sources = []
    for raw in text.splitlines():
        match = re.match(r"deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*(.*)$", raw.split("#", 1)[0].strip())
        if match:
            options, uri, suite, components = match.groups()
            pairs = tuple(_option(word) for word in shlex.split(options or "") if "=" in word)
            sources.append(Source(uri, suite, tuple(components.split()), pairs))
    return sources


def parse_deb822(text: str) -> list[Source]:
    """The enabled ``deb`` entries of a ``.sources`` file, one per URI and suite."""
    sources = []
    for fields in _stanzas(text):
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() in ("no", "false"):
            continue
        options = []
        signed_by = fields.get("signed-by", "")
        if signed_by.startswith("/"):
            options.append(("signed-by", signed_by))
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                sources.append(Source(uri, suite, tuple(fields.get("components", "").split()), tuple(options)))
    return sources


def host_sources(directory: Path = DIRECTORY) -> list[Source]:
    """All entries of this machine's apt configuration."""
    sources: list[Source] = []
    one_line = [directory / "sources.list", *sorted((directory / "sources.list.d").glob("*.list"))]
    for path in one_line:
        if path.is_file():
            sources += parse_one_line(path.read_text())
    for path in sorted((directory / "sources.list.d").glob("*.sources")):
        sources += parse_deb822(path.read_text())
    return sources


def debian_sources(sources: Iterable[Source], suite: str) -> list[Source]:
    """The entries that are Debian's and of this release (``bookworm``, ``bookworm-updates``, ``bookworm-security``).

    Raises SlipwayError when the host has none: then it is another distribution or another release.
    """
    suites = {suite, f"{suite}-updates", f"{suite}-security", f"{suite}/updates"}
    chosen: list[Source] = []
    for source in sources:
        components = tuple(part for part in source.components if part in _DEBIAN_COMPONENTS)
        if source.suite in suites and components and not _third_party(source):
            chosen.append(Source(source.uri, source.suite, components, source.options))
    chosen = list(dict.fromkeys(chosen))
    if not any(source.suite == suite for source in chosen):
        raise SlipwayError(
            f"this machine's apt configuration has no Debian {suite} entry",
            str(DIRECTORY / "sources.list.d"),
            f"build images on Debian {suite}, or name a mirror there: deb https://<mirror>/debian {suite} main",
        )
    return chosen


def _third_party(source: Source) -> bool:
    signed_by = dict(source.options).get("signed-by", "")
    return bool(signed_by) and "debian-archive" not in Path(signed_by).name


def _option(word: str) -> tuple[str, str]:
    key, value = word.split("=", 1)
    return key.lower(), value


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    for block in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line.startswith("#") or not line.strip():
                continue
            if line[0].isspace() and name:
                fields[name] += f"\n{line.strip()}"
            elif ":" in line:
                name, value = line.split(":", 1)
                name = name.strip().lower()
                fields[name] = value.strip()
        if fields:
            yield fields
