"""Inserts notifications: many of them differ in nothing but whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Text, bindparam, cast, func, insert, select
from sqlalchemy.orm import Session

from services.notify.tables import Notification

_TABLE: Any = Notification.__table__
_JSON = ("reasons", "followed")
"""The columns of JSON. In the rows they are text already: most rows have the same, and to write it takes time."""

_OWN = ("id", "person_id")
_SHARED = tuple(column.name for column in _TABLE.columns if column.name not in _OWN)
_shared_values = itemgetter(*_SHARED)

_ROWS = insert(_TABLE).values({name: bindparam(name, type_=Text) for name in _JSON})


def _alike() -> Any:
    """A statement for rows of PostgreSQL that share all columns but `id` and `person_id`, which are two lists. Each is
    one text: the driver would write an array as an expression of as many parts."""
    people = (
        func.unnest(*(func.string_to_array(bindparam(f"each_{name}", type_=Text), ",") for name in _OWN))
        .table_valued(*_OWN, name="people")
        .render_derived()
    )
    shared = (
        cast(
            bindparam(f"all_{name}", type_=Text if name in _JSON else _TABLE.c[name].type),
            _TABLE.c[name].type,
        )
        for name in _SHARED
    )
    return insert(_TABLE).from_select([*_OWN, *_SHARED], select(people.c.id, people.c.person_id, *shared))


_ALIKE = _alike()


def insert_rows(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Insert notifications in one statement. `rows` have all columns, those of JSON as text."""
    session.execute(_ROWS, list(rows))


def insert_crowd(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """The same for rows of which most are alike.

    On PostgreSQL there is a statement for each kind of them: to send every column of every row takes both sides five
    times as long.
    """
    if session.get_bind().dialect.name != "postgresql":
        insert_rows(session, rows)
        return
    kinds: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        kinds.setdefault(_shared_values(row), []).append(row)
    for values, alike in kinds.items():
        own = {f"each_{name}": ",".join(row[name] for row in alike) for name in _OWN}
        shared = {f"all_{name}": value for name, value in zip(_SHARED, values, strict=True)}
        session.execute(_ALIKE, own | shared)
