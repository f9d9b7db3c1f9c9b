"""`core.columns.one_of`: a list as one parameter."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, MetaData, String, Table, create_engine, insert, make_url, select

from core.columns import one_of, texts_named, texts_of, unindexed

TABLE = Table("item", MetaData(), Column("audience", String))
TEXTS = ["public", 'with "quotes"', "مجموعة", ""]


@pytest.mark.parametrize("wanted", [[], ["public"], ['with "quotes"', "مجموعة"], ["", "none"], TEXTS * 400])
@pytest.mark.parametrize("column", [TABLE.c.audience, unindexed(TABLE.c.audience)])
def test_it_finds_what_in_finds(wanted: list[str], column: Column[str]) -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        TABLE.create(connection)
        connection.execute(insert(TABLE), [{"audience": each} for each in TEXTS])
        expected = [each for each in TEXTS if each in wanted]
        found = connection.scalars(select(TABLE.c.audience).where(one_of(column, texts_of(wanted))))
        assert list(found) == expected
        named = select(TABLE.c.audience).where(one_of(column, texts_named("wanted")))
        assert list(connection.scalars(named, {"wanted": wanted})) == expected
    engine.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "postgresql+psycopg2://"])
def test_a_list_is_one_parameter_however_long_it_is(url: str) -> None:
    wanted = select(TABLE.c.audience).where(one_of(TABLE.c.audience, texts_of(["a"] * 500)))
    compiled = wanted.compile(dialect=make_url(url).get_dialect()())
    assert list(compiled.construct_params().values()) == [["a"] * 500]
