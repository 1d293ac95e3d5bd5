"""An export replaces a former one, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from slipway.errors import BadInput
from slipway.export.source import source
from slipway.export.write import LIST, write


def files(directory: Path) -> set[str]:
    return {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}


def test_a_former_export_is_replaced(tmp_path: Path) -> None:
    to = tmp_path / "repository"
    write({"a/b.yaml": "1\n", "a/c.yaml": "2\n", "secrets.sh": "#!\n"}, to)
    (to / ".git").mkdir()
    (to / ".git" / "config").write_text("x")
    (to / "OWNERS").write_text("ours")
    write({"d.yaml": "3\n", "secrets.sh": "#!2\n"}, to)
    assert files(to) == {"d.yaml", "secrets.sh", LIST, ".git/config", "OWNERS"}
    assert not (to / "a").exists()
    assert (to / "secrets.sh").stat().st_mode & 0o111
    assert (to / "secrets.sh").read_text() == "#!2\n"


def test_a_new_repository_may_be_exported_into(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write({"a.yaml": "1\n"}, tmp_path)
    assert (tmp_path / "a.yaml").is_file()


def test_other_peoples_files_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(BadInput, match="not empty"):
        write({"a.yaml": "1\n"}, tmp_path)
    assert files(tmp_path) == {"notes"}


def test_a_file_that_no_export_wrote_is_not_overwritten(tmp_path: Path) -> None:
    write({"a.yaml": "1\n"}, tmp_path)
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(BadInput, match=r"README\.md"):
        write({"a.yaml": "2\n", "README.md": "theirs"}, tmp_path)
    assert (tmp_path / "a.yaml").read_text() == "1\n"


def test_a_list_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    to = tmp_path / "repository"
    write({"a.yaml": "1\n"}, to)
    (to / LIST).write_text(f"a.yaml\n../outside\n{outside}\n")
    write({"b.yaml": "1\n"}, to)
    assert outside.read_text() == "mine"


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(BadInput, match=r"not a directory|cannot be made"):
            write({"a.yaml": "1\n"}, place)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("name", ["main", "release/1.0", "v1.2.3", "a@b"])
def test_branches(name: str) -> None:
    assert source("https://git.example.com/x", name, "", "flux").revision == name


@pytest.mark.parametrize("name", ["", "a b", "-x", "a..b", "/a", "a/", "x.lock", "a//b", "a~1", "a:b"])
def test_what_is_no_branch(name: str) -> None:
    with pytest.raises(BadInput, match="is not the name of a branch"):
        source("https://git.example.com/x", name, "", "flux")
