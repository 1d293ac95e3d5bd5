"""The file: a tar whose members are compressed (zstd) and encrypted (age), and sealed with a passphrase at its end.

Each backup has an age identity of its own; ``sealed.age`` holds it together with the checksums of all other members and
is encrypted with the passphrase. So nobody without the passphrase can read a member, change one or put one in. By hand:
``age -d sealed.age`` shows the identity, ``age -d -i IDENTITY NAME.zst.age | zstd -d`` a member.

Source: age-encryption.org/v1 (X25519 and scrypt recipients); only ``head.json`` is in the clear.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, cast

from slipway.backup.head import Head, from_json, to_json
from slipway.backup.seal import sealed, unsealed
from slipway.errors import BadInput

HEAD, SEALED, ENDING = "head.json", "sealed.age", ".zst.age"
_CHUNK = 1 << 20


class Writer:
    """Members go in one after the other; ``seal`` ends the file."""

    def __init__(self, tar: tarfile.TarFile, folder: Path) -> None:
        from pyrage import x25519

        self._tar, self._folder = tar, folder
        self._identity = x25519.Identity.generate()
        self._members: dict[str, str] = {}

    def add(self, name: str, source: IO[bytes]) -> int:
        """Read ``source`` to its end; how many bytes it had. On the disk they are encrypted already."""
        import zstandard
        from pyrage import EncryptError, encrypt_io

        counted = _Counted(source)
        with tempfile.TemporaryFile(dir=self._folder) as file:
            packed = zstandard.ZstdCompressor().stream_reader(cast(IO[bytes], counted), read_size=_CHUNK)
            try:
                encrypt_io(packed, file, [self._identity.to_public()])
            except EncryptError:
                if counted.error is not None:
                    raise counted.error from None
                raise
            size = file.tell()
            file.seek(0)
            hashed = _Hashed(file)
            entry = tarfile.TarInfo(name + ENDING)
            entry.size = size
            self._tar.addfile(entry, hashed)
        self._members[name + ENDING] = hashed.hexdigest()
        return counted.count

    def seal(self, head: Head, passphrase: str) -> None:
        """The end: without it nothing of the file is believed."""
        clear = to_json(head)
        _add(self._tar, HEAD, clear)
        members = {**self._members, HEAD: hashlib.sha256(clear).hexdigest()}
        inner = json.dumps({"identity": str(self._identity), "members": members}).encode()
        _add(self._tar, SEALED, sealed(inner, passphrase))


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A new file at ``path``, for its owner's eyes, and there when all of it is. Raises BadInput if it exists."""
    if path.exists():
        raise BadInput("the file exists, and a backup is never written over another one", str(path), "name another")
    if not path.parent.is_dir():
        raise BadInput("there is no such directory", str(path.parent), "make it, or name another file")
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        with (
            os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "wb") as file,
            tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            yield Writer(tar, path.parent)
        os.link(part, path)
    finally:
        part.unlink(missing_ok=True)


class Archive:
    """A file that was opened with its passphrase, and whose members are as they were written."""

    def __init__(self, tar: tarfile.TarFile, where: str, identity: Any, head: Head, digest: str) -> None:
        self._tar, self._where, self._identity, self.head = tar, where, identity, head
        #: Which backup this is: SHA-256 of its seal.
        self.digest = digest

    def names(self, prefix: str) -> list[str]:
        """The members whose names begin so, without their ending."""
        members = (entry.name.removesuffix(ENDING) for entry in self._tar.getmembers())
        return sorted(name for name in members if name.startswith(prefix))

    @contextmanager
    def member(self, name: str) -> Iterator[tuple[IO[bytes], int]]:
        """A member's bytes as a file, and how many there are. On the disk only as a file that has no name."""
        import zstandard
        from pyrage import decrypt_io

        source = self._tar.extractfile(name + ENDING)
        if source is None:
            raise BadInput(f"the backup has no {name}", self._where)
        with tempfile.TemporaryFile() as packed, tempfile.TemporaryFile() as plain:
            decrypt_io(source, packed, [self._identity])
            packed.seek(0)
            zstandard.ZstdDecompressor().copy_stream(packed, plain)
            size = plain.tell()
            plain.seek(0)
            yield plain, size

    def json(self, name: str) -> Any:
        """A member that is a JSON document."""
        with self.member(name) as (file, _):
            return json.load(file)


def look(path: Path) -> Head:
    """What a backup says of itself, in the clear; nothing vouches for it. Raises BadInput."""
    with _opened(path) as tar:
        return from_json(_small(tar, HEAD, path), str(path))


@contextmanager
def reading(path: Path, passphrase: str) -> Iterator[Archive]:
    """Open a backup; every member is compared with the seal before anything is given out. Raises BadInput."""
    from pyrage import x25519

    with _opened(path) as tar:
        seal = _small(tar, SEALED, path)
        inner = json.loads(unsealed(seal, passphrase, str(path)))
        members = dict(inner["members"])
        for entry in tar.getmembers():
            if entry.name == SEALED:
                continue
            if not entry.isreg() or members.pop(entry.name, "") != _digest(tar, entry):
                raise BadInput(f"{entry.name} is not as it was written", str(path), "take another copy of the backup")
        if members:
            raise BadInput(f"{min(members)} is missing", str(path), "take another copy of the backup")
        head = from_json(_small(tar, HEAD, path), str(path))
        identity = x25519.Identity.from_str(inner["identity"])
        yield Archive(tar, str(path), identity, head, hashlib.sha256(seal).hexdigest())


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    if not path.is_file():
        raise BadInput("there is no such file", str(path))
    with ExitStack() as stack:
        try:
            tar = stack.enter_context(tarfile.open(path, "r:"))
            entries = tar.getmembers()
        except (tarfile.TarError, OSError) as error:
            raise BadInput(f"not a backup, or one that was cut off: {error}", str(path)) from error
        if len({entry.name for entry in entries}) != len(entries):
            raise BadInput("not a backup: it has members of one name", str(path))
        yield tar


def _small(tar: tarfile.TarFile, name: str, path: Path) -> bytes:
    try:
        file = tar.extractfile(name)
    except KeyError:
        file = None
    if file is None:
        raise BadInput(f"not a whole backup: it has no {name}", str(path), "was it cut off? take another copy")
    return file.read()


def _digest(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> str:
    file, digest = tar.extractfile(entry), hashlib.sha256()
    while file is not None and (chunk := file.read(_CHUNK)):
        digest.update(chunk)
    return digest.hexdigest()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))


class _Counted(io.RawIOBase):
    """A source, and how many bytes came out of it."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source, self.count = source, 0
        #: What reading ended in: the encryption keeps no more of it than its text.
        self.error: Exception | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            chunk = self._source.read(size)
        except Exception as error:
            self.error = error
            raise
        self.count += len(chunk)
        return chunk


class _Hashed(io.RawIOBase):
    """A file, and the SHA-256 of what was read of it."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source, self._hash = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self._source.read(size)
        self._hash.update(chunk)
        return chunk

    def hexdigest(self) -> str:
        return self._hash.hexdigest()
