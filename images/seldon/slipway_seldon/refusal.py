"""What cannot be done with a SeldonDeployment, as sentences for its status; and checked access to loose JSON."""

from __future__ import annotations

from collections.abc import Iterable

from slipway_controller import reader


class Refused(Exception):
    """The object is invalid or asks for what this edition lacks; ``reasons`` are whole sentences.

    ``passing``: the cause lies outside of the object, and may go away without a change of it.
    """

    def __init__(self, *reasons: str, passing: bool = False) -> None:
        super().__init__(" ".join(reasons))
        self.reasons, self.passing = reasons, passing


class Reader(reader.Reader):
    """Reads fields of one object; its faults are reasons of a refusal."""

    RANGE = "a whole number within {low} and {high}"

    def fault(self, name: str, message: str) -> None:
        """Note what is wrong with a field, as a sentence."""
        self.faults.append(f"{self.where}{name} {message}.")

    def expected(self, name: str, what: str, value: object) -> None:
        """The value only where it is a number: others may be secret."""
        self.fault(name, f"is {value}, and must be {what}" if isinstance(value, int | float) else f"must be {what}")

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number within low…high."""
        value = self.integer(name, low, high)
        return default if value is None else value

    def finish(self) -> None:
        """Raises Refused with every fault that was met."""
        refuse(self.faults)


def refuse(reasons: Iterable[str]) -> None:
    """Raise Refused when there are reasons."""
    found = tuple(dict.fromkeys(reasons))
    if found:
        raise Refused(*found)
