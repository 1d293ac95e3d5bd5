"""The errors that a user sees: what happened, where, why, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2


@dataclass
class SlipwayError(Exception):
    """A failure with its cause and remedy; the command line prints it without a traceback.

    ``where`` names the object, file or step; ``details`` are lines that show the cause
    (events, last log lines).
    """

    what: str
    where: str = ""
    remedy: str = ""
    details: tuple[str, ...] = ()
    exit_code: int = EXIT_FAILED

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        lines = [head, *(f"  | {line}" for line in self.details)]
        if self.remedy:
            lines.append(f"  → {self.remedy}")
        return "\n".join(lines)


@dataclass
class BadInput(SlipwayError):
    """Input that cannot be used: nothing was changed; exit code 2."""

    exit_code: int = EXIT_BAD_INPUT


@dataclass
class NotYet(SlipwayError):
    """Something that may become true by itself; waited for until a deadline."""
