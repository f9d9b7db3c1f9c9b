"""Cleans stored texts by the rules of `core.plain_text` as of November 2026, for migrations.

The rules are written out, since a migration that has run must not change.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_OVERRIDE = re.compile("[\u202d\u202e]")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_LINE_BREAK = re.compile("\r\n|[\r\x85\u2028\u2029]")
_BLANK = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
_ROWS = 500
_NOTHING = "…"
"""Stands for a title in which nothing can be seen, where the item has no text either."""

Values = Mapping[str, Any]


def line(text: str) -> str:
    """A title or name; empty if nothing of it can be seen."""
    text = _DIRECTION.sub("", _CONTROL.sub("", _LINE_BREAK.sub(" ", text)))
    return unicodedata.normalize("NFC", " ".join(text.split())) if _is_visible(text) else ""


def lines(text: str) -> str:
    """A text of several lines; empty if nothing of it can be seen."""
    text = _OVERRIDE.sub("", _CONTROL.sub("", _LINE_BREAK.sub("\n", text)))
    return text if _is_visible(text) else ""


def beginning(text: str) -> str:
    """A title for an item without a visible one: the beginning of its text."""
    return line(text)[:80].strip() or _NOTHING


def clean(
    table: str,
    key: Sequence[str],
    titles: Iterable[str] = (),
    texts: Iterable[str] = (),
    instead: Callable[[Values], str] | None = None,
    cooked: bool = False,
) -> list[Values]:
    """Clean the columns `titles` (one line each) and `texts` of a table, and return the rows that have changed, as they
    are now.

    `instead` makes a title of a row where nothing of one can be seen, that was not empty before. With `cooked` the HTML
    of a changed row is made anew when the service has started.
    """
    one_line = list(titles)
    names = dict.fromkeys((*key, *one_line, *texts))
    rows = sa.table(table, *(sa.column(name, sa.String) for name in names))
    made = sa.table(table, sa.column("html", sa.Text), sa.column("renderer", sa.Integer))
    keys = [rows.c[name] for name in key]
    found: list[Values] = []
    for row in _all(rows, keys):
        fresh = {
            name: (line if name in one_line else lines)(value)
            for name, value in row.items()
            if name not in key and value
        }
        changed = {name: value for name, value in fresh.items() if value != row[name]}
        if not changed:
            continue
        now = {**row, **changed}
        if instead is not None:
            changed |= {name: instead(now) for name in one_line if name in changed and not changed[name]}
            now |= changed
        same = [column == row[column.name] for column in keys]
        op.get_bind().execute(sa.update(rows).where(*same).values(changed))
        if cooked:
            again = [sa.column(column.name, sa.String) == row[column.name] for column in keys]
            op.get_bind().execute(sa.update(made).where(*again).values(html=None, renderer=0))
        found.append(now)
    return found


def note_stale(subjects: Iterable[str]) -> None:
    """Let the service publish these subjects when it has started (`bus.eventlog.stale`)."""
    table = sa.table("stale_subject", sa.column("subject", sa.String))
    known = set(op.get_bind().scalars(sa.select(table.c.subject)))
    if new := sorted(set(subjects) - known):
        op.get_bind().execute(sa.insert(table), [{"subject": subject} for subject in new])


def _all(rows: sa.TableClause, keys: list[sa.ColumnClause[Any]]) -> Iterable[dict[str, Any]]:
    """Every row of the table, some hundred at once."""
    wanted = sa.select(rows).order_by(*keys).limit(_ROWS)
    after: tuple[Any, ...] | None = None
    while True:
        page = (
            wanted if after is None else wanted.where(sa.tuple_(*keys) > sa.tuple_(*map(sa.literal, after)))
        )
        found = [dict(row) for row in op.get_bind().execute(page).mappings()]
        yield from found
        if len(found) < _ROWS:
            return
        after = tuple(found[-1][column.name] for column in keys)


def _is_visible(text: str) -> bool:
    return any(unicodedata.category(char)[0] not in "ZCM" for char in _BLANK.sub("", text))
