"""The `data` step: MNIST or the digits on the claim, and one line of JSON that says which, where and why.

Each data set has a directory of its own on the claim, so that neither overwrites the other.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from slipway_mnist import dataset, digits, download


@dataclass(frozen=True)
class Prepared:
    """``directory`` is relative to the claim; ``why`` says why it is this data set; counts of images."""

    name: str
    directory: str
    why: str
    train: int
    held_out: int


def main(arguments: list[str] | None = None) -> int:
    """Fill the claim; exit code 1 when the wanted data set cannot be had."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="where the claim is mounted")
    parser.add_argument("--choice", choices=("auto", "mnist", "digits"), default="auto")
    parser.add_argument("--source", action="append", default=[], help="URL of a directory with MNIST's files")
    parser.add_argument("--timeout", type=float, default=4.0, help="seconds, of each connection")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--digits", type=Path, default=digits.FILE)
    parser.add_argument("--runs", type=Path, help="directory of former runs, of which the oldest are removed")
    parser.add_argument("--runs-kept", type=int, default=3)
    given = parser.parse_args(arguments)
    if given.runs:
        tidy(given.runs, given.runs_kept)
    try:
        done = prepare(given.root, given.choice, given.source, given.timeout, given.seed, given.digits)
    except download.NotAvailable as error:
        print(f"MNIST is not available: {error}", file=sys.stderr)
        return 1
    print(json.dumps(asdict(done)), flush=True)
    return 0


def prepare(
    root: Path, choice: str, sources: list[str], timeout: float, seed: int, digits_file: Path = digits.FILE
) -> Prepared:
    """Put the chosen data set on the claim. Raises NotAvailable for the choice ``mnist`` when it cannot be had."""
    why = "asked for"
    if choice in ("auto", "mnist"):
        try:
            return _mnist(root, sources, timeout)
        except download.NotAvailable as error:
            if choice == "mnist":
                raise
            why = f"MNIST is not on the claim and not to be downloaded ({error})"
    dataset.write(root / "digits", digits.load(digits_file, seed=seed))
    return _prepared("digits", root, root / "digits", why)


def tidy(runs: Path, kept: int) -> list[Path]:
    """Remove the oldest directories of former runs, whose names sort by time; those that were removed."""
    old = sorted(path for path in runs.iterdir() if path.is_dir()) if runs.is_dir() else []
    removed = old[: max(0, len(old) - kept)]
    for path in removed:
        # What another user wrote cannot be removed, and is no reason to fail.
        shutil.rmtree(path, ignore_errors=True)
    return removed


def _mnist(root: Path, sources: list[str], timeout: float) -> Prepared:
    for directory in (root / "mnist", root):
        if download.is_mnist(directory):
            return _prepared("mnist", root, directory, "on the claim already, checksums verified")
    source = download.download(root / "mnist", sources, timeout=timeout)
    return _prepared("mnist", root, root / "mnist", f"downloaded from {source}, checksums verified")


def _prepared(name: str, root: Path, directory: Path, why: str) -> Prepared:
    # Read back from the claim: what the trainers will find there.
    data = dataset.read(directory)
    return Prepared(name, str(directory.relative_to(root)), why, len(data.train), len(data.held_out))


if __name__ == "__main__":
    sys.exit(main())
