"""What is supervised, as values that go through JSON."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Unit:
    """One long-running process. Its log is ``<logs>/<name>.log``, kept to ``log_files`` old ones of ``log_bytes``."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    stop_signal: int = int(signal.SIGTERM)
    stop_seconds: float = 15.0
    log_bytes: int = 10 * 1024 * 1024
    log_files: int = 3

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "argv": list(self.argv), "env": dict(self.env)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Unit:
        """The reverse of to_json."""
        return cls(**{**value, "argv": tuple(value["argv"])})


@dataclass(frozen=True)
class Paths:
    """Where the supervisor keeps its state, its lock, its socket and the logs."""

    run: str
    logs: str

    @property
    def state(self) -> str:
        """Which units are wanted and which process is each."""
        return f"{self.run}/supervisor.json"

    @property
    def socket(self) -> str:
        """Where commands come in: one JSON object per line, one answer each."""
        return f"{self.run}/supervisor.sock"

    @property
    def lock(self) -> str:
        """Held as long as the supervisor lives; contains its pid."""
        return f"{self.run}/supervisor.lock"


def backoff(failures: int) -> float:
    """Seconds before the next start after so many failures in a row: 0.5, 1, 2, … at most 30."""
    return float(min(30.0, 0.5 * 2 ** min(failures, 10)))
