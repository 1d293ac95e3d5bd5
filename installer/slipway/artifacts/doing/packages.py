"""What apt, pip, uv and npm say."""

from __future__ import annotations

import re
from collections.abc import Callable

_Say = Callable[[re.Match[str], str], str]


def _so_far(pattern: str, text: str) -> int:
    return len(re.findall(pattern, text, re.MULTILINE))


def _collected(match: re.Match[str], before: str) -> str:
    number = _so_far(r"^Collecting ", before)
    return f"pip: downloading {match[1]} (package {number})" if number > 1 else f"pip: downloading {match[1]}"


def _unpacked(match: re.Match[str], before: str) -> str:
    whole = re.findall(r"^\d+ upgraded, (\d+) newly installed", before, re.MULTILINE)
    counted = f" ({_so_far(r'^Unpacking ', before)} of {whole[-1]})" if len(whole) == 1 and int(whole[-1]) > 1 else ""
    return f"apt: unpacking {match[1]}{counted}"


def _fetched(match: re.Match[str], before: str) -> str:
    index = "InRelease" in match[0] or " Packages " in match[0]
    return "apt: reading package lists" if index else f"apt: downloading {match[1]}"


#: A line of a package manager → what it does from then on. The last line that is here counts.
_TABLE: tuple[tuple[str, _Say], ...] = (
    (r"Get:\d+ \S+ \S+ \S+ (\S+).*", _fetched),
    (r"Reading package lists\.\.\..*", lambda *_: "apt: reading package lists"),
    (r"Need to get ([\d.,]+ \S+)(?:/\S+ \S+)? of archives.*", lambda found, _: f"apt: downloading {found[1]}"),
    (r"Unpacking (\S+?)(?::\w+)? \(.*", _unpacked),
    (r"Setting up (\S+?)(?::\w+)? \(.*", lambda found, _: f"apt: setting up {found[1]}"),
    (r"Processing triggers for (\S+) .*", lambda found, _: f"apt: triggers of {found[1]}"),
    (r"Removing (\S+?)(?::\w+)? \(.*", lambda found, _: f"apt: removing {found[1]}"),
    (r"Collecting ([^\s;]+).*", _collected),
    (r"Building wheels? for (?:collected packages: )?(\S+).*", lambda found, _: f"pip: building {found[1]}"),
    (
        r"Installing collected packages: (.+)",
        lambda found, _: f"pip: installing {found[1].count(',') + 1} package{'s' * (',' in found[1])}",
    ),
    (r"Successfully installed (.+)", lambda found, _: f"pip: installed {len(found[1].split())} packages"),
    (r"Resolved (\d+ packages?) in .*", lambda found, _: f"uv: downloading {found[1]}"),
    (r" ?(?:Downloading|Building) (\S+(?: \([\d.]+ ?\w+\))?)", lambda found, _: f"uv: downloading {found[1]}"),
    (r" ?(?:Downloaded|Built) (\S+)", lambda found, _: f"uv: downloaded {found[1]}"),
    (r"Prepared (\d+ packages?) in .*", lambda found, _: f"uv: installing {found[1]}"),
    (r"Installed (\d+ packages?) in .*", lambda found, _: f"uv: installed {found[1]}"),
    (r"added (\d+ packages?).* in .*", lambda found, _: f"npm: installed {found[1]}"),
    (r"npm http fetch GET \d+ \S+/([^/\s]+) .*", lambda found, _: f"npm: downloading {found[1]}"),
)
_LINES = [(re.compile(rf"^{pattern}$", re.MULTILINE), say) for pattern, say in _TABLE]


def doing(output: str) -> str:
    """What a package manager does, by the output so far; "" when none was at work."""
    best: tuple[int, re.Match[str], _Say] | None = None
    for pattern, say in _LINES:
        for match in pattern.finditer(output):
            if best is None or match.start() > best[0]:
                best = match.start(), match, say
    return best[2](best[1], output) if best else ""
