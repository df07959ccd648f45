"""Tables for the person at the keyboard: as wide as they need to be, nothing cut off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich import box
from rich.console import Console
from rich.table import Table

from flows import _artifacts

WIDEST = 400  # columns of characters: a terminal breaks longer lines by itself
Cell = str | int | float | None


def show(title: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """One table on standard output; numbers stand on the right."""
    kept = [list(row) for row in rows]
    _artifacts.table(title, heads, kept)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for i, head in enumerate(heads):
        numbers = bool(kept) and all(isinstance(row[i], int | float) or row[i] is None for row in kept)
        table.add_column(head, justify="right" if numbers else "left", no_wrap=True)
    for row in kept:
        table.add_row(*map(_text, row))
    console = Console(highlight=False, markup=False, width=WIDEST if Console().width < WIDEST else None)
    console.print(f"\n{title}", style="bold", soft_wrap=True)
    console.print(table, soft_wrap=True, crop=False)


def moment(time: int) -> str:
    """Fleet time (ns) for people: UTC, in milliseconds."""
    return f"{datetime.fromtimestamp(time // 1_000_000_000, UTC):%Y-%m-%d %H:%M:%S}.{time % 1_000_000_000 // 1_000_000:03d}"


def _text(value: Cell) -> str:
    match value:
        case None:
            return "-"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.1f}"
    return value
