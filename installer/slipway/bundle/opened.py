"""A bundle as a place where artifacts were published."""

from __future__ import annotations

import tempfile
from pathlib import Path

from slipway.artifacts import encoded, lock, published
from slipway.artifacts.fetch import Damaged, Unreachable
from slipway.artifacts.model import Node
from slipway.bundle import archive, model, sums

_REMEDY = "slipway bundle verify names every damaged member"


class Bundle:
    """An open bundle: its members, and the artifacts in it (see slipway.artifacts.published.Place)."""

    def __init__(self, file: Path) -> None:
        """Raises BadInput when the file is not a bundle."""
        self.file, self.name = file, f"bundle {file.name}"
        self.members = archive.index(file)
        self.sums = archive.read(file, self.members[model.SUMS])
        self._sums = sums.parse(self.sums.decode(errors="replace"))
        self.about = model.parse(self.text(model.ABOUT), str(file))
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / lock.NAME
            path.write_text(self.text(lock.NAME))
            self.lock = lock.read(path)

    def text(self, name: str) -> str:
        """A checked text member."""
        self.check(name)
        return archive.read(self.file, self.members[name]).decode()

    def check(self, name: str) -> None:
        """Raises SlipwayError when a member is missing or is not what SHA256SUMS says."""
        if name not in self.members:
            raise Unreachable("is not in the bundle", f"{self.file}: {name}", _REMEDY)
        actual = sums.sha256(self.file, self.members[name])
        if actual != self._sums.get(name):
            raise Damaged(f"has the sha256 {actual}, not {self._sums.get(name)}", f"{self.file}: {name}", _REMEDY)

    def extract(self, prefix: str, target: Path) -> list[Path]:
        """Write the checked members below a directory of the bundle to another one."""
        written = []
        for name in sorted(name for name in self.members if name.startswith(f"{prefix}/")):
            self.check(name)
            path = target / name.removeprefix(f"{prefix}/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(self.file, self.members[name]))
            written.append(path)
        return written

    def blob(self, digest: str, target: Path) -> None:
        """Unpack a blob. Raises SlipwayError when it is missing or damaged."""
        name = lock.path(digest)
        where = f"{self.file}: {name}"
        if name not in self.members:
            raise Unreachable("is not in the bundle", where, _REMEDY)
        with archive.open_member(self.file, self.members[name]) as source:
            encoded.decode(source, target, digest, where)

    def image(self, node: Node, entry: lock.Entry, out: Path) -> str:
        """Fill an image's layout."""
        published.layers(self, entry, out)
        return self.name
