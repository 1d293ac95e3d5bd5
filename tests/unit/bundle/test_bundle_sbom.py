"""The SBOM: read from real programs and packages, held against CycloneDX's own schema."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from slipway.bundle import layers
from slipway.bundle.sbom import document, gobuild, gosum, licencetext, packages
from slipway.bundle.sbom.model import Part, purl

STATUS = """\
Package: bash
Status: install ok installed
Architecture: amd64
Version: 5.2.15-2+b7
Description: shell
 more of it

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""
COPYRIGHT = (
    "Format: https://www.debian.org/doc/…\n\nFiles: *\nLicense: GPL-3+\n\nFiles: x\nLicense: Expat or BSD-3-clause\n"
)
RIGHT = '{"name": "@org/right", "version": "2.0.0", "license": {"type": "MIT"}}'
MADE = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
METADATA = "Metadata-Version: 2.4\nName: Ruamel.YAML_x\nVersion: 1.0\nLicense-Expression: MIT OR Apache-2.0\n\nText\n"


def layer(path: Path, files: dict[str, str]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


def test_packages_of_an_image(tmp_path: Path) -> None:
    site = "usr/lib/python3/dist-packages"
    lower = layer(
        tmp_path / "lower",
        {
            "./var/lib/dpkg/status": STATUS.replace("5.2.15", "5.0"),
            "./usr/share/doc/bash/copyright": COPYRIGHT,
            f"./{site}/old-1.dist-info/METADATA": METADATA.replace("Ruamel", "Old"),
            "./srv/node_modules/left/package.json": '{"name": "left", "version": "1.0.0", "license": "ISC"}',
            "./etc/passwd": "root",
        },
    )
    upper = layer(
        tmp_path / "upper",
        {
            "var/lib/dpkg/status": STATUS,
            f"{site}/.wh.old-1.dist-info": "",
            f"{site}/new-1.dist-info/METADATA": METADATA,
            "srv/node_modules/@org/right/package.json": RIGHT,
            "srv/node_modules/broken/package.json": "{",
        },
    )
    found = {part.purl: part for part in packages.of(layers.merged([lower, upper]))}
    assert sorted(found) == [
        "pkg:deb/debian/bash@5.2.15-2%2Bb7?arch=amd64",
        "pkg:npm/%40org/right@2.0.0",
        "pkg:npm/left@1.0.0",
        "pkg:pypi/ruamel-yaml-x@1.0",
    ]
    licences = {part.name: part.licenses for part in found.values()}
    assert licences["bash"] == ("BSD-3-Clause", "GPL-3.0-or-later", "MIT")
    assert licences["Ruamel.YAML_x"] == ("MIT OR Apache-2.0",)
    assert licences["@org/right"] == ("MIT",)


def test_an_opaque_directory_hides_what_was_there(tmp_path: Path) -> None:
    lower = layer(tmp_path / "lower", {"srv/a-1.dist-info/METADATA": METADATA})
    upper = layer(tmp_path / "upper", {"srv/.wh..wh..opq": ""})
    assert layers.merged([lower, upper]) == {}


def test_modules_of_a_go_program_as_go_itself_says(tmp_path: Path) -> None:
    """Compared with ``go version -m`` on a program of the machine's, where there is Go."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("no Go on the PATH")
    program = (
        Path(subprocess.run([go, "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip())
        / "bin/go"
    )
    said = subprocess.run([go, "version", "-m", program], capture_output=True, text=True, check=True).stdout
    names = [line.split("\t")[2] for line in said.splitlines() if line.startswith("\tdep\t")]
    parts = gobuild.modules(program)
    assert [part.name for part in parts] == ["std", *names]
    assert parts[0].version in said.splitlines()[0]


def test_replaced_modules_and_sums() -> None:
    text = (
        "path\tx/cmd\nmod\tx\t(devel)\t\ndep\tgolang.org/x/a\tv1.0.0\th1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
        "dep\tk8s.io/api\tv0.0.0\n=>\tk8s.io/api\tv0.34.4\th1:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
        "dep\texample.org/local\tv0.0.0\n=>\t./local\t(devel)\n"
    )
    found = gobuild.parse(text)
    assert [(part.name, part.version) for part in found] == [("golang.org/x/a", "v1.0.0"), ("k8s.io/api", "v0.34.4")]
    assert found[0].hashes == (("SHA-256", "00" * 32),)
    assert found[1].hashes == (("SHA-256", "01" + "00" * 31),)
    assert gosum.hashes("h1:?") == ()


def test_no_go_program(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("#!/bin/sh\n" * 100)
    assert gobuild.modules(tmp_path / "script") == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Apache License\n   Version 2.0, January 2004", "Apache-2.0"),
        ("Permission is hereby granted, free of charge, to any person", "MIT"),
        ("Redistributions in binary form must … \nNeither the name of", "BSD-3-Clause"),
        ("Redistributions in binary form must reproduce", "BSD-2-Clause"),
        ("All rights reserved.", ""),
    ],
)
def test_licences_by_their_words(text: str, name: str) -> None:
    assert licencetext.recognise(text) == name


def test_the_document_holds_against_the_schema_and_is_the_same_each_time() -> None:
    parts = [
        Part(
            purl("oci", "argo", "sha256:00"),
            "argo",
            "sha256:00",
            "container",
            ("Apache-2.0 AND MIT",),
            (("SHA-256", "a" * 64),),
        ),
        Part(
            purl("deb", "debian/bash", "5.2-1", arch="amd64"), "bash", "5.2-1", licenses=("GPL-3.0-or-later", "Odd one")
        ),
        Part(purl("pypi", "x", "1"), "x", "1", licenses=("MIT",)),
        Part(purl("pypi", "x", "1"), "x", "1", licenses=("MIT",), hashes=(("SHA-256", "b" * 64),)),
        Part(purl("golang", "golang.org/x/a", "v1"), "golang.org/x/a", "v1"),
    ]
    contains = {parts[0].purl: [parts[1].purl, parts[2].purl]}
    text = document.text(parts, contains, MADE)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert document.text(list(reversed(parts)), contains, MADE) == text
    value = json.loads(text)
    assert value["metadata"]["timestamp"] == "2026-11-28T09:00:00Z"
    assert value["metadata"]["supplier"] == {"name": "Slipway"}
    by_name = {item["name"]: item for item in value["components"]}
    assert by_name["argo"]["licenses"] == [{"expression": "Apache-2.0 AND MIT"}]
    assert by_name["bash"]["licenses"] == [{"license": {"id": "GPL-3.0-or-later"}}, {"license": {"name": "Odd one"}}]
    assert by_name["x"]["hashes"] == [{"alg": "SHA-256", "content": "b" * 64}]
    tops = next(item for item in value["dependencies"] if item["ref"] == value["metadata"]["component"]["bom-ref"])
    assert tops["dependsOn"] == sorted([parts[0].purl, parts[4].purl])
    # What is not listed has unknown dependencies; an empty entry would say that it has none.
    assert {item["ref"] for item in value["dependencies"]} == {tops["ref"], parts[0].purl}
    broken = text.replace('"CycloneDX"', '"Other"')
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(broken) is not None
