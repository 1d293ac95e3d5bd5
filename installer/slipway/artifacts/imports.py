"""How far the import of images into containerd is: counts, bytes, and what remains."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

from slipway.artifacts import estimate

#: Seconds of importing before their pace says something about the rest.
_BASIS = 3.0


def new_bytes(layouts: Mapping[str, Path]) -> dict[str, int]:
    """Bytes that each OCI layout, in this order, brings to those before it: the images share their base."""
    seen: set[str] = set()
    sizes = {}
    for name, path in layouts.items():
        blobs = {blob.name: blob.stat().st_size for blob in (path / "blobs" / "sha256").iterdir()}
        sizes[name] = sum(size for digest, size in blobs.items() if digest not in seen)
        seen |= blobs.keys()
    return sizes


class Tally:
    """Counts images that are in containerd; ``sizes`` in bytes by name. Safe to use from several threads."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self.sizes = dict(sizes)
        self._there: set[str] = set()
        self._bytes, self._seconds = 0, 0.0
        self._lock = threading.Lock()

    def there(self, name: str, seconds: float | None = None) -> None:
        """An image is in containerd; ``seconds`` is what its import took, None if it was there before."""
        with self._lock:
            self._there.add(name)
            if seconds is not None:
                self._bytes += self.sizes.get(name, 0)
                self._seconds += seconds

    @property
    def done(self) -> int:
        return len(self._there & self.sizes.keys())

    @property
    def remaining(self) -> float | None:
        """Seconds, from the bytes that are left and the pace so far; None when there is no pace yet."""
        with self._lock:
            left = sum(size for name, size in self.sizes.items() if name not in self._there)
            if self._seconds < _BASIS or not self._bytes:
                return None
            return self._seconds * left / self._bytes

    @property
    def text(self) -> str:
        """``5 of 14 images, 410 of 1,320 MB, about 1 min remain``."""
        with self._lock:
            have = sum(size for name, size in self.sizes.items() if name in self._there)
        text = f"{self.done} of {len(self.sizes)} images, {have / 1e6:,.0f} of {sum(self.sizes.values()) / 1e6:,.0f} MB"
        remaining = self.remaining
        if remaining is None or self.done == len(self.sizes):
            return text
        return f"{text}, {estimate.spoken(remaining)} remain"
