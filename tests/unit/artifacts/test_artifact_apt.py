"""The Debian entries of the host's apt configuration are found, others' are not used."""

from __future__ import annotations

from pathlib import Path

import pytest
from slipway.artifacts import apt
from slipway.errors import SlipwayError

DEB822 = """\
# the distribution
Types: deb deb-src
URIs: http://mirror.example.org/debian https://second.example.org/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example.org/debian-security
Suites: bookworm-security
Components:
 main
 non-free-firmware

Types: deb
Enabled: no
URIs: http://old.example.org/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://sources.example.org/debian
Suites: bookworm
Components: main

Types: deb
URIs: https://node.example.org
Suites: nodistro
Components: main
Signed-By: /usr/share/keyrings/node.gpg
"""


def test_deb822_gives_one_entry_per_uri_and_suite() -> None:
    found = apt.debian_sources(apt.parse_deb822(DEB822), "bookworm")
    assert [(item.uri, item.suite, item.components) for item in found] == [
        ("http://mirror.example.org/debian", "bookworm", ("main", "contrib")),
        ("http://mirror.example.org/debian", "bookworm-updates", ("main", "contrib")),
        ("https://second.example.org/debian", "bookworm", ("main", "contrib")),
        ("https://second.example.org/debian", "bookworm-updates", ("main", "contrib")),
        ("http://mirror.example.org/debian-security", "bookworm-security", ("main", "non-free-firmware")),
    ]


def test_one_line_style() -> None:
    text = """\
# deb http://commented.example.org/debian bookworm main
deb http://a.example.org/debian bookworm main contrib # why
deb [arch=amd64 signed-by="/usr/share/keyrings/debian-archive-keyring.gpg"] http://b.example.org/d bookworm main
deb-src http://a.example.org/debian bookworm main
"""
    first, second = apt.parse_one_line(text)
    assert (first.uri, first.suite, first.components, first.options) == (
        "http://a.example.org/debian",
        "bookworm",
        ("main", "contrib"),
        (),
    )
    assert dict(second.options) == {
        "arch": "amd64",
        "signed-by": "/usr/share/keyrings/debian-archive-keyring.gpg",
    }
    assert apt.parse_one_line(second.line) == [second]


@pytest.mark.parametrize(
    "line",
    [
        "deb https://packages.example.org/apt cloud-bookworm main",
        "deb [signed-by=/etc/apt/keyrings/vendor.gpg] https://vendor.example.org bookworm main",
        "deb https://vendor.example.org bookworm stable",
    ],
)
def test_third_parties_are_left_out(line: str) -> None:
    own = "deb http://a.example.org/debian bookworm main"
    found = apt.debian_sources(apt.parse_one_line(f"{line}\n{own}\n"), "bookworm")
    assert [item.line for item in found] == [own]


def test_another_distribution_is_a_clear_error() -> None:
    sources = apt.parse_one_line("deb http://archive.example.org/ubuntu noble main universe\n")
    with pytest.raises(SlipwayError, match="no Debian bookworm entry") as caught:
        apt.debian_sources(sources, "bookworm")
    assert "bookworm" in caught.value.remedy


def test_all_files_of_the_directory_are_read(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://a.example.org/debian bookworm main\n")
    (tmp_path / "sources.list.d" / "b.list").write_text("deb http://b.example.org/debian bookworm main\n")
    (tmp_path / "sources.list.d" / "c.sources").write_text(DEB822)
    (tmp_path / "sources.list.d" / "d.save").write_text("deb http://d.example.org/debian bookworm main\n")
    uris = {item.uri for item in apt.host_sources(tmp_path)}
    assert {"http://a.example.org/debian", "http://b.example.org/debian", "http://mirror.example.org/debian"} <= uris
    assert "http://d.example.org/debian" not in uris
