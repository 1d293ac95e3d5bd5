"""Every component of the SBOM says who makes it and under which licence; the document says when it was made."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from slipway.bundle import layers, moment
from slipway.bundle import packages as debs
from slipway.bundle.sbom import collect, licencetext, packages, suppliers
from slipway.errors import BadInput

TASN = (
    "/*\n * it under the terms of the GNU Lesser General Public\n * License as published by the Free Software\n"
    " * Foundation; either version 2.1 of the License, or (at your option) any later version.\n */\n"
)
BSD = "Redistributions in binary form must reproduce the above copyright notice.\n"


def control(name: str) -> str:
    return f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\nMaintainer: x\n\n"


def image(path: Path, files: dict[str, str], links: dict[str, str]) -> dict[str, bytes]:
    """The records of an image of one layer."""
    with tarfile.open(path, "w") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
        for name, target in links.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return layers.merged([path])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (TASN, ("LGPL-2.1-or-later",)),
        (
            "numactl is under the GNU General Public License, v.2\n"
            "libnuma is under the GNU Lesser General Public License, v2.1.",
            ("GPL-2.0-only", "LGPL-2.1-only"),
        ),
        ("Copyright by somebody; see /usr/share/common-licenses/GPL: the GNU General Public License.", ()),
        ("the GNU General Public License is in /usr/share/common-licenses/GPL", ("GPL-1.0-or-later",)),
        (TASN + "the GNU Lesser General Public License is in /usr/share/common-licenses/LGPL", ("LGPL-2.1-or-later",)),
        ("PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2\nsome versions are compatible with the GPL", ("Python-2.0",)),
        (BSD + "Neither the name of X may be used.\n" + "x" * 900 + BSD, ("BSD-2-Clause", "BSD-3-Clause")),
        ("This library is public domain software", ("public-domain",)),
        ("All rights reserved.", ()),
    ],
)
def test_licences_that_a_debian_copyright_file_grants(text: str, names: tuple[str, ...]) -> None:
    assert licencetext.mentioned(text) == names


def test_packages_share_documents_by_links(tmp_path: Path) -> None:
    records = image(
        tmp_path / "layer",
        {
            "var/lib/dpkg/status": control("gcc-12-base") + control("libgcc-s1") + control("kmod") + control("lone"),
            "usr/share/doc/gcc-12-base/copyright": TASN,
        },
        {
            "usr/share/doc/libgcc-s1": "gcc-12-base",
            "usr/share/doc/kmod/copyright": "../libgcc-s1/copyright",
            "usr/share/doc/lone": "lone",
        },
    )
    found = {part.name: part for part in packages.of(records)}
    for name in ("gcc-12-base", "libgcc-s1", "kmod"):
        assert found[name].licenses == ("LGPL-2.1-or-later",), name
        assert found[name].supplier == "Debian"
    assert found["lone"].licenses == ()  # a circle of links ends


def test_host_packages_share_documents_by_links(tmp_path: Path) -> None:
    for name, link in (("base", ""), ("other", "base")):
        root = tmp_path / name
        (root / "DEBIAN").mkdir(parents=True)
        (root / "DEBIAN/control").write_text(
            f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: nobody <n@example.org>\nDescription: x\n"
        )
        (root / "usr/share/doc").mkdir(parents=True)
        if link:
            (root / "usr/share/doc" / name).symlink_to(link)
        else:
            (root / "usr/share/doc" / name).mkdir()
            (root / "usr/share/doc" / name / "copyright").write_text(TASN)
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "--build", root, tmp_path / f"{name}_1_all.deb"],
            check=True,
            capture_output=True,
        )
    assert debs.documents_of(tmp_path / "other_1_all.deb") == {"usr/share/doc/other": b"base"}
    parts = collect.host_packages(sorted(tmp_path.glob("*.deb")))
    assert {part.name: (part.licenses, part.supplier) for part in parts} == dict.fromkeys(
        ("base", "other"), (("LGPL-2.1-or-later",), "Debian")
    )


def test_a_python_package_says_it_in_a_file_or_in_a_field_of_many_lines(tmp_path: Path) -> None:
    site = "opt/venv/lib/site-packages"
    head = "Metadata-Version: 2.4\nVersion: 1\n"
    records = image(
        tmp_path / "layer",
        {
            f"{site}/namex-1.dist-info/METADATA": f"{head}Name: namex\nAuthor: One\nLicense-File: LICENSE\n\n",
            f"{site}/namex-1.dist-info/licenses/LICENSE": "Licensed under the Apache License, Version 2.0",
            f"{site}/long-1.dist-info/METADATA": f"{head}Name: long\nLicense: # Terms\n        \n        {BSD}"
            "        Neither the name\nAuthor-email: A Team <team@example.org>\n\n",
            f"{site}/mute-1.dist-info/METADATA": f"{head}Name: mute\nLicense: MIT\n\n",
        },
        {},
    )
    found = {part.name: (part.licenses, part.supplier) for part in packages.of(records)}
    assert found == {
        "namex": (("Apache-2.0",), "One"),
        "long": (("BSD-3-Clause",), "A Team"),
        "mute": (("MIT",), "the project mute"),
    }


def test_suppliers_of_npm_packages_and_go_modules() -> None:
    assert suppliers.npm("x", "Somebody <s@example.org> (https://example.org)") == "Somebody"
    assert suppliers.npm("x", {"name": "Somebody"}) == "Somebody"
    assert suppliers.npm("@org/x", None) == "the project @org/x"
    assert suppliers.go("github.com/spf13/cobra") == "github.com/spf13"
    assert suppliers.go("k8s.io/api") == "k8s.io"


def test_the_time_is_that_of_the_sources(tmp_path: Path) -> None:
    assert moment.of_sources(tmp_path, {"SOURCE_DATE_EPOCH": "86400"}).isoformat() == "1970-01-02T00:00:00+00:00"
    assert moment.of_sources(tmp_path, {}).isoformat() == "2026-01-01T00:00:00+00:00"
    environment = {"GIT_COMMITTER_DATE": "2020-02-02T02:02:02Z", "PATH": "/usr/bin:/bin"}
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run([*git, "init", "-q"], check=True, env=environment)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True, env=environment)
    assert moment.of_sources(tmp_path, {}).isoformat() == "2020-02-02T02:02:02+00:00"
    for wrong in ("yesterday", "9" * 30):
        with pytest.raises(BadInput, match="is not a number of seconds"):
            moment.of_sources(tmp_path, {"SOURCE_DATE_EPOCH": wrong})
