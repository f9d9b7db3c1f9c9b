"""The tables of the embedded index in SQLite: small rows to filter and count by, large ones to show, and full text.

The full-text tables `words` and `titles` are created by the migration (FTS5, contentless; `embedded.full_text`). They
have one row for each item with all its language versions; its rowid is the item's `row`, its text the terms that
`analysis` makes. `words_instance` (fts5vocab) has a row for each occurrence of a term in `words`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Float, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Base of the tables of search."""


class Item(Base):
    """What an item is filtered, counted and sorted by.

    `at` is in microseconds since 1970. `length` is the number of its terms. `thread` is the same for a topic and its
    replies. `languages` and `tags` have spaces between.
    """

    __tablename__ = "item"

    row: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(10))
    id: Mapped[str] = mapped_column(String(40))
    audience: Mapped[str] = mapped_column(String(30))
    author_id: Mapped[str | None] = mapped_column(String(16))
    category: Mapped[str | None] = mapped_column(String(100))
    at: Mapped[int] = mapped_column(BigInteger)
    length: Mapped[int] = mapped_column(Integer)
    thread: Mapped[str | None] = mapped_column(String(40))
    languages: Mapped[str] = mapped_column(Text)
    tags: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        Index("item_by_key", "kind", "id", unique=True),
        Index("item_by_time", "at", "row"),
        Index("item_by_author", "author_id", "at"),
        Index("item_by_category", "category", "at"),
        Index("item_by_group", "audience", "at", sqlite_where=text("audience BETWEEN 'group:' AND 'group;'")),
        {"sqlite_autoincrement": True},
    )


class ItemTag(Base):
    """One tag of an item."""

    __tablename__ = "item_tag"

    tag: Mapped[str] = mapped_column(String(40), primary_key=True)
    row: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)

    __table_args__ = ({"sqlite_with_rowid": False},)


class ItemMark(Base):
    """One mark of an item (`engine.Document.marks`)."""

    __tablename__ = "item_mark"

    row: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    mark: Mapped[str] = mapped_column(String(20), primary_key=True)

    __table_args__ = (Index("item_mark_by_mark", "mark", "row"), {"sqlite_with_rowid": False})


class ItemPoint(Base):
    """Where an item takes place, in degrees, and on a sphere of radius 1 (`places.on_sphere`)."""

    __tablename__ = "item_point"

    row: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    latitude: Mapped[float] = mapped_column(Float)
    longitude: Mapped[float] = mapped_column(Float)
    x: Mapped[float] = mapped_column(Float)
    y: Mapped[float] = mapped_column(Float)
    z: Mapped[float] = mapped_column(Float)

    __table_args__ = (Index("item_point_by_box", "z", "x", "y", "row"),)


class ItemText(Base):
    """What a hit shows (`embedded.stored`), and the path of a group, by which a search names it."""

    __tablename__ = "item_text"

    row: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    shown: Mapped[bytes] = mapped_column(LargeBinary)
    group_path: Mapped[str | None] = mapped_column(String(400))


class Dictionary(Base):
    """Words that texts are compressed with (`embedded.dictionaries`)."""

    __tablename__ = "dictionary"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    words: Mapped[bytes] = mapped_column(LargeBinary)


class Generation(Base):
    """How often the index was written to (`embedded.kept`): one row."""

    __tablename__ = "generation"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class Tally(Base):
    """The number of items of one audience that have one value of a facet (`kind`, `language`, `tag`, `category`,
    `group`, `year`)."""

    __tablename__ = "tally"

    facet: Mapped[str] = mapped_column(String(10), primary_key=True)
    value: Mapped[str] = mapped_column(String(40), primary_key=True)
    audience: Mapped[str] = mapped_column(String(30), primary_key=True)
    items: Mapped[int] = mapped_column(Integer)

    __table_args__ = ({"sqlite_with_rowid": False},)


class Term(Base):
    """A term of `words` that similar words may be found by, and the number of items that have it.

    `bare` is the term without the name of its stemmer.
    """

    __tablename__ = "term"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    term: Mapped[str] = mapped_column(String(100), unique=True)
    bare: Mapped[str] = mapped_column(String(100))
    items: Mapped[int] = mapped_column(Integer)


class TermPair(Base):
    """A pair of adjacent letters in `Term.bare`, whose first letter follows a `^`."""

    __tablename__ = "term_pair"

    pair: Mapped[str] = mapped_column(String(2), primary_key=True)
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)

    __table_args__ = ({"sqlite_with_rowid": False},)


class AuthorName(Base):
    """A person's folded name (`folding.fold`)."""

    __tablename__ = "author_name"

    author_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    folded: Mapped[str] = mapped_column(Text, index=True)


class SavedSearch(Base):
    """A search that somebody follows, by its text. `seq` is that of the event in notify's log that says so."""

    __tablename__ = "saved_search"

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    query: Mapped[str] = mapped_column(String(300))
    seq: Mapped[int] = mapped_column(BigInteger, index=True)


class GroupSlug(Base):
    """A group's slug, by which a search names it."""

    __tablename__ = "group_slug"

    group_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    slug: Mapped[str] = mapped_column(String(200))


class OfficialCategory(Base):
    """An official category of the forum, by its slug: its topics are announcements."""

    __tablename__ = "official_category"

    slug: Mapped[str] = mapped_column(String(100), primary_key=True)


class Analysis(Base):
    """The version of the analysis (`analysis.VERSION`) by which the index was made: one row."""

    __tablename__ = "analysis"

    version: Mapped[str] = mapped_column(String(100), primary_key=True)


class Renewal(Base):
    """While an index of another version is renewed, one row: to which version, and up to which row of `item`."""

    __tablename__ = "renewal"

    version: Mapped[str] = mapped_column(String(100), primary_key=True)
    row: Mapped[int] = mapped_column(Integer)
