"""Tables that fit their terminal; away from one they are plain and cut nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len, set_cell_size
from rich.table import Table
from rich.text import Text

from app.cleaning import clean
from app.commands.shared.output import console, notice, print_json, say

Row = TypeVar("Row")
_LEAST_FILL = 24  # characters that a filling column needs to be of use
_GAP = 3


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column of a table.

    Args:
        title: what stands above it.
        cell: what it shows of a row.
        style: how, in rich's words.
        fills: whether it takes the room that is left, its cells cut to it; needs a terminal.
        wraps: whether cells that are too long go on below instead.
        right: whether cells stand at the right.
        spare: where room is short, the column with the highest number goes first; 0 stays.
        short: how many characters of a cell a terminal gets, None for all.
    """

    title: str
    cell: Callable[[Row], str]
    style: Callable[[Row], str] = lambda _: ""
    fills: bool = False
    wraps: bool = False
    right: bool = False
    spare: int = 0
    short: int | None = None


def print_table(rows: Sequence[Row], columns: Sequence[Column[Row]]) -> None:
    """Print rows under their titles."""
    output = console()
    if output.is_terminal:
        output.print(_table(rows, fitting(columns, rows, output.width)))
    else:
        titles = [column.title for column in columns]
        _print_plain([titles, *([clean(column.cell(row)) for column in columns] for row in rows)])


def _table(rows: Sequence[Row], columns: Sequence[Column[Row]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for column in columns:
        table.add_column(
            column.title,
            justify="right" if column.right else "left",
            no_wrap=not (column.fills or column.wraps),
        )
    for row in rows:
        table.add_row(*(_cell(column, row) for column in columns))
    return table


def _print_plain(lines: Sequence[Sequence[str]]) -> None:
    widths = [max(map(cell_len, cells)) for cells in zip(*lines, strict=True)]
    for line in lines:
        padded = (set_cell_size(cell, width) for cell, width in zip(line, widths, strict=True))
        say("  ".join(padded).rstrip())


def _cell(column: Column[Row], row: Row) -> Text:
    whole = column.wraps or not column.fills
    return Text(
        clean(column.cell(row))[: column.short],
        style=column.style(row),
        no_wrap=not column.wraps,
        overflow=None if whole else "ellipsis",
    )


def fitting(
    columns: Sequence[Column[Row]], rows: Sequence[Row], width: int
) -> Sequence[Column[Row]]:
    """Return the columns that a terminal of this width has room for."""
    needed = {column.title: _width(column, rows) + _GAP for column in columns}
    shown = list(columns)
    while sum(needed[column.title] for column in shown) > width:
        least = max(shown, key=lambda column: column.spare)
        if not least.spare:
            break
        shown.remove(least)
    return shown


def _width(column: Column[Row], rows: Sequence[Row]) -> int:
    if column.fills or column.wraps:
        return _LEAST_FILL
    widths = (min(cell_len(column.cell(row)), column.short or 1000) for row in rows)
    return max(cell_len(column.title), *widths, 0)


def print_rows(
    rows: Sequence[Row],
    columns: Sequence[Column[Row]],
    *,
    as_json: bool,
    to_json: Callable[[Row], Any],
    empty: str,
) -> None:
    """Print rows as a table or as JSON; a table without rows is the sentence `empty`."""
    if as_json:
        print_json([to_json(row) for row in rows])
    elif rows:
        print_table(rows, columns)
    else:
        notice(empty)
