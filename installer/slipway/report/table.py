"""Tables of text, by rich; as wide as the terminal, or unlimited where there is none."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection, Iterable


def text_table(head: Iterable[str], rows: Iterable[Iterable[str]], right: Collection[int] = (), title: str = "") -> str:
    """A table; the columns numbered in ``right`` are numbers."""
    import io

    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for index, name in enumerate(head):
        numeric = index in right
        table.add_column(name, justify="right" if numeric else "left", no_wrap=numeric, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    width = shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() else 160
    console = Console(width=width, color_system=None, force_terminal=False, file=io.StringIO(), record=True)
    console.print(table)
    return "\n".join(line.rstrip() for line in console.export_text().splitlines()).strip("\n")
