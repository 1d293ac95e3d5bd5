"""Quantities as Kubernetes writes them: 2, 500m, 10Gi."""

from __future__ import annotations

from decimal import Decimal

_UNITS: dict[str, Decimal] = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", 1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}


def amount(quantity: str) -> Decimal:
    """The value of a Kubernetes quantity. Raises ValueError when it is none."""
    number = quantity.rstrip("mkKMGTPEi")
    unit = quantity[len(number) :]
    if unit not in _UNITS or not number.replace(".", "", 1).isdigit():
        raise ValueError(f"not a quantity: {quantity}")
    return Decimal(number) * _UNITS[unit]
