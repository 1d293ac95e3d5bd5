"""The file of a backup: what goes in comes out, and what is not as it was written is never given out."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, cast

import pytest
from slipway.backup import archive, seal
from slipway.backup.head import Head
from slipway.errors import BadInput

WORDS = "correct horse battery"
HEAD = Head("2026-01-01T00:00:00Z", "1.0", "uid", "https://192.0.2.1", "onprem", "workbench", 3, objects={"Boat": 2})
#: Longer than any buffer, and not compressible to nothing.
LONG = b"".join(index.to_bytes(4, "big") for index in range(400_000))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backup") / "a.backup"
    with archive.writing(path) as writer:
        assert writer.add("objects.json", io.BytesIO(b'["treasure"]')) == len(b'["treasure"]')
        assert writer.add("claims/workbench/data", io.BytesIO(LONG)) == len(LONG)
        writer.seal(HEAD, WORDS)
    return path


def test_what_goes_in_comes_out(written: Path) -> None:
    with archive.reading(written, WORDS) as opened:
        assert opened.head == HEAD
        assert opened.json("objects.json") == ["treasure"]
        assert opened.names("claims/") == ["claims/workbench/data"]
        with opened.member("claims/workbench/data") as (file, size):
            assert (file.read(), size) == (LONG, len(LONG))


def test_only_the_head_is_in_the_clear_and_only_for_its_owner(written: Path) -> None:
    assert archive.look(written) == HEAD
    assert b"treasure" not in written.read_bytes()
    assert written.stat().st_mode & 0o777 == 0o600
    assert list(written.parent.iterdir()) == [written]


def test_another_passphrase_opens_nothing(written: Path) -> None:
    with (
        pytest.raises(BadInput, match="cannot be opened with this passphrase"),
        archive.reading(written, "wrong horse"),
    ):
        pass


def offset(path: Path, name: str) -> tuple[int, int]:
    """Where a member's bytes are, and how many."""
    with tarfile.open(path) as tar:
        entry = tar.getmember(name)
        return entry.offset_data, entry.size


def flipped(name: str, place: float) -> Callable[[Path], bytes]:
    def damage(path: Path) -> bytes:
        data = bytearray(path.read_bytes())
        start, size = offset(path, name)
        data[start + int((size - 1) * place)] ^= 1
        return bytes(data)

    return damage


def cut(share: float) -> Callable[[Path], bytes]:
    return lambda path: path.read_bytes()[: int(path.stat().st_size * share)]


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar.getmembers()}  # type: ignore[union-attr]


def packed(found: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, content in found.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def without(name: str) -> Callable[[Path], bytes]:
    return lambda path: packed({key: value for key, value in members(path).items() if key != name})


def swapped(path: Path) -> bytes:
    found = members(path)
    one, other = "objects.json.zst.age", "claims/workbench/data.zst.age"
    return packed({**found, one: found[other], other: found[one]})


def more(path: Path) -> bytes:
    return packed({**members(path), "databases/x.zst.age": b"x"})


def test_a_seal_that_is_too_hard_here_is_not_called_a_wrong_passphrase() -> None:
    made = seal.sealed(b"words", WORDS)
    end = f" {seal.work_factor(made)}\n".encode()
    with pytest.raises(BadInput, match=r"2\^40 steps of scrypt, more than this machine"):
        seal.unsealed(made.replace(end, b" 40\n", 1), WORDS, "a.backup")


def test_a_seal_made_on_a_busy_machine_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library times the machine; what it saw of one that was busy is too easy to guess."""
    easy, hard = (f"age-encryption.org/v1\n-> scrypt c2FsdA {factor}\n".encode() for factor in (12, 18))
    answers = iter([easy, hard])
    monkeypatch.setattr("pyrage.passphrase.encrypt", lambda content, passphrase: next(answers))
    assert seal.sealed(b"words", WORDS) == hard


@pytest.mark.parametrize(
    "damage",
    [
        *(flipped(name, 0.5) for name in ("objects.json.zst.age", "sealed.age", "head.json")),
        flipped("claims/workbench/data.zst.age", 0.9),
        *(cut(share) for share in (0, 0.1, 0.99)),
        *(without(name) for name in ("objects.json.zst.age", "sealed.age")),
        swapped,
        more,
        lambda path: b"not a tar at all" * 100,
    ],
)
def test_what_is_not_as_it_was_written_is_refused(
    written: Path, tmp_path: Path, damage: Callable[[Path], bytes]
) -> None:
    damaged = tmp_path / "damaged.backup"
    damaged.write_bytes(damage(written))
    with pytest.raises(BadInput) as caught, archive.reading(damaged, WORDS):
        pass
    assert str(damaged) in str(caught.value)


def test_a_member_by_another_identity_is_refused(written: Path, tmp_path: Path) -> None:
    """Whoever can write the file knows how to encrypt, but not the passphrase."""
    other = tmp_path / "other.backup"
    with archive.writing(other) as writer:
        writer.add("objects.json", io.BytesIO(b'["forged"]'))
        writer.seal(HEAD, "another passphrase")
    name = "objects.json.zst.age"
    other.write_bytes(packed({**members(written), name: members(other)[name]}))
    with pytest.raises(BadInput, match="is not as it was written"), archive.reading(other, WORDS):
        pass


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    path.write_text("mine")
    with pytest.raises(BadInput, match="never written over"), archive.writing(path):
        pass
    assert path.read_text() == "mine"


def test_what_fails_on_the_way_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), archive.writing(tmp_path / "a.backup") as writer:
        writer.add("objects.json", io.BytesIO(b"[]"))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_the_reason_why_a_source_ended_is_kept(tmp_path: Path) -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise BadInput("the cable is cut", "source")

    with pytest.raises(BadInput, match="the cable is cut"), archive.writing(tmp_path / "a.backup") as writer:
        writer.add("objects.json", cast(IO[bytes], Broken()))


def test_a_later_format_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    path.write_bytes(packed({"head.json": b'{"format": 99}'}))
    with pytest.raises(BadInput, match="format 99"):
        archive.look(path)
