"""Inserts notifications and what waits for a mail: many rows differ in nothing but whose they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, Text, bindparam, cast, column, func, insert, select, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from services.notify.tables import MailWaiting, Notification

_NOTIFICATION: Any = Notification.__table__
_MAIL_WAITING: Any = MailWaiting.__table__
_JSON = ("reasons", "followed")
"""The columns of JSON. In the rows they are text already: most rows have the same, and to write it takes time."""

_ROWS = insert(_NOTIFICATION).values({name: bindparam(name, type_=Text) for name in _JSON})


def insert_rows(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Insert notifications in one statement. `rows` have all columns, those of JSON as text."""
    session.execute(_ROWS, list(rows))


def insert_crowd(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """The same for rows of which most are alike."""
    _insert_alike(session, _NOTIFICATION, ("id", "person_id"), rows)


def insert_waiting(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows of `mail_waiting`, leaving out those whose key exists already. `rows` are in the order of their
    keys."""
    if session.get_bind().dialect.name == "postgresql" and len({_kind_of_waiting(row) for row in rows}) > 1:
        # In the order of the rows: else two transactions that lock the same ones may wait for each other.
        session.execute(_kept_waiting(postgresql.insert(_MAIL_WAITING)), list(rows))
        return
    _insert_alike(session, _MAIL_WAITING, ("person_id",), rows)


_kind_of_waiting = itemgetter("thread", "due_at")


def _kept_waiting(inserting: Any) -> Any:
    """On PostgreSQL: a row that is there stays as it is, locked until the commit. Else its mail could be made before,
    without what is new, and nothing would wait."""
    return inserting.on_conflict_do_update(
        index_elements=["person_id", "thread"], set_={"due_at": _MAIL_WAITING.c.due_at}
    )


def _insert_alike(session: Session, table: Any, own: tuple[str, ...], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows with a statement for each kind of them. Rows of a kind share all columns but `own`, whose values are
    ids. To send every column of every row takes PostgreSQL and its driver five times as long, SQLite twice."""
    shared = tuple(each.name for each in table.columns if each.name not in own)
    shared_values, own_values = itemgetter(*shared), itemgetter(*own)
    kinds: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        kinds.setdefault(shared_values(row), []).append(row)
    dialect = session.get_bind().dialect.name
    for values, alike in kinds.items():
        given = {f"all_{name}": value for name, value in zip(shared, values, strict=True)}
        if dialect == "postgresql":
            given |= {f"each_{name}": ",".join(row[name] for row in alike) for name in own}
        else:
            given["each"] = json.dumps([own_values(row) for row in alike])
        session.execute(_statement(table, own, shared, dialect), given)


@cache
def _statement(table: Any, own: tuple[str, ...], shared: tuple[str, ...], dialect: str) -> Any:
    """The statement for rows of `table` of one kind; the parameters `each…` have what differs."""
    postgres = dialect == "postgresql"
    chosen = _of_arrays(table, own, shared) if postgres else _of_json(table, own, shared)
    # Of a notification the id is new, so there only a fault could be left out.
    inserting: Any = insert(table)
    if table is _MAIL_WAITING:
        inserting = (postgresql.insert if postgres else sqlite.insert)(table)
    statement = inserting.from_select([*own, *shared], chosen)
    if table is not _MAIL_WAITING:
        return statement
    return _kept_waiting(statement) if postgres else statement.on_conflict_do_nothing()


def _of_arrays(table: Any, own: tuple[str, ...], shared: tuple[str, ...]) -> Select[Any]:
    """For PostgreSQL: each of `own` is one text, since the driver would write an array as an expression of as many
    parts."""
    each = (
        func.unnest(*(func.string_to_array(bindparam(f"each_{name}", type_=Text), ",") for name in own))
        .table_valued(*own, name="each")
        .render_derived()
    )
    of_all = (cast(_shared(table, name), table.c[name].type) for name in shared)
    return select(*(each.c[name] for name in own), *of_all)


def _of_json(table: Any, own: tuple[str, ...], shared: tuple[str, ...]) -> Select[Any]:
    """For SQLite: a list of the values of `own`, or of their lists."""
    each: Any = func.json_each(bindparam("each", type_=Text)).table_valued(column("value", Text), name="each")
    if len(own) == 1:
        of_each = [each.c.value]
    else:
        of_each = [func.json_extract(each.c.value, f"$[{place}]") for place in range(len(own))]
    # Without a condition SQLite takes the `ON` of what conflicts for that of a join.
    return select(*of_each, *(_shared(table, name) for name in shared)).where(true())


def _shared(table: Any, name: str) -> Any:
    return bindparam(f"all_{name}", type_=Text if name in _JSON else table.c[name].type)
