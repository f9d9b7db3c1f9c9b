"""Column types that behave alike on SQLite and PostgreSQL, and the names of constraints."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    DateTime,
    Dialect,
    Row,
    Select,
    String,
    TypeDecorator,
    bindparam,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

AnyRow = Row[*tuple[Any, ...]]
"""A row of selected columns."""

AnySelect = Select[*tuple[Any, ...]]
"""A statement for such rows."""

Json = JSON().with_variant(JSONB(), "postgresql")
"""A JSON document."""


CONSTRAINT_NAMES = {
    "ix": "%(table_name)s_by_%(column_0_N_name)s",
    "uq": "%(table_name)s_unique_%(column_0_N_name)s",
    "fk": "%(table_name)s_%(column_0_N_name)s_of_%(referred_table_name)s",
    "pk": "%(table_name)s_key",
}
"""The naming convention of indexes and constraints (`MetaData`): a migration must know the name of what it changes."""


class Moment(TypeDecorator[datetime]):
    """An instant: timezone-aware (UTC) in Python, `timestamptz` on PostgreSQL, UTC text that sorts by time on SQLite.

    Raises `ValueError` for a value without a time zone.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """What makes a moment of SQLite's text in one step: lists have a hundred, and SQLAlchemy takes three steps."""
        if dialect.name == "sqlite":
            return _moment_of_text
        return super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _moment_of_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


class unindexed(FunctionElement[str]):
    """A text column in a condition for which SQLite must not use an index; SQLite's notation is `+column`.

    For `audience IN (…)` SQLite prefers any index, although most rows are public: it would then sort all of them,
    where the index on the list's order gives the first page at once. PostgreSQL decides by its statistics and gets the
    plain column.
    """

    inherit_cache = True
    type = String()

    def __init__(self, column: ColumnElement[str] | InstrumentedAttribute[str]) -> None:
        super().__init__(column)


@compiles(unindexed)
def _as_it_is(element: unindexed, compiler: SQLCompiler, **kwargs: Any) -> str:
    return compiler.process(element.clauses, **kwargs)


@compiles(unindexed, "sqlite")
def _with_plus(element: unindexed, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"+{compiler.process(element.clauses, **kwargs)}"


class TextList(TypeDecorator[Collection[str]]):
    """A parameter that is a list of texts, sent as one JSON array, for `one_of`."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Collection[str] | None, dialect: Dialect) -> str:
        return json.dumps(list(value or ()))


class _Each(FunctionElement[str]):
    """The texts of a list, as rows."""

    inherit_cache = True
    type = String()


@compiles(_Each, "sqlite")
def _each_sqlite(element: _Each, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **kwargs)}))"  # noqa: S608 — compiled


@compiles(_Each, "postgresql")
def _each_postgresql(element: _Each, compiler: SQLCompiler, **kwargs: Any) -> str:
    values = compiler.process(element.clauses, **kwargs)
    return f"(SELECT jsonb_array_elements_text(CAST({values} AS JSONB)))"


def one_of(
    column: ColumnElement[str] | InstrumentedAttribute[str], texts: BindParameter[Collection[str]]
) -> ColumnElement[bool]:
    """Whether a column has one of the texts of a list, which is one parameter however many they are. `IN` sends each by
    itself: for a member of 500 groups that took as long as the rest of the statement.

    For a condition that no index is needed for.
    """
    return column.op("IN", is_comparison=True)(_Each(texts))


def texts_named(name: str) -> BindParameter[Collection[str]]:
    """The parameter of this name, for `one_of`."""
    return bindparam(name, type_=TextList())


def texts_of(texts: Collection[str]) -> BindParameter[Collection[str]]:
    """These texts, for `one_of`."""
    return bindparam(None, texts, type_=TextList())


class month_of(FunctionElement[str]):
    """The month of a column of moments in UTC, as `2026-01`."""

    inherit_cache = True
    type = String()

    def __init__(self, column: ColumnElement[datetime] | InstrumentedAttribute[Any]) -> None:
        super().__init__(column)


@compiles(month_of, "sqlite")
def _month_sqlite(element: month_of, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"substr({compiler.process(element.clauses, **kwargs)}, 1, 7)"


@compiles(month_of, "postgresql")
def _month_postgresql(element: month_of, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **kwargs)} AT TIME ZONE 'UTC', 'YYYY-MM')"


class NewRow(SimpleNamespace):
    """A row that was just inserted, of the values that it was inserted with: like one of selected columns."""


def values_of(row: Any, names: Collection[str], without: Collection[str] = ()) -> dict[str, Any]:
    """By name, the values of those columns of a row that have one of `names` and none of `without`; of a row of
    selected columns, all."""
    if isinstance(row, Row):
        # By the names that all rows of a result share: `_asdict` and `_fields` make a tuple of them for each row.
        return dict(zip(row._parent._keys, row, strict=True))
    if isinstance(row, NewRow):
        return vars(row)
    columns = row.__table__.columns
    return {name: getattr(row, name) for name in names if name in columns and name not in without}
