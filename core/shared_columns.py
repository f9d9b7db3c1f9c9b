"""Columns of tables that several services have alike; the table itself is each service's own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from core import clock
from core.columns import Moment


class DeletionColumns:
    """One deletion of an item, and its end: rows are only added and ended. `title` is that of the time."""

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    item_id: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(20))
    audience: Mapped[str] = mapped_column(String(30))
    author_id: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(1000))
    at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[str] = mapped_column(String(16))
    restored_at: Mapped[datetime | None] = mapped_column(Moment)
    restored_by: Mapped[str | None] = mapped_column(String(16))

    def end(self, by_id: str) -> None:
        """Note that the item is restored now."""
        self.restored_at, self.restored_by = clock.now(), by_id


class AdministrationColumns:
    """One decision of an administrator, as `contracts.administration.LogEntry` says: rows are only added."""

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[str | None] = mapped_column(String(16))
    action: Mapped[str] = mapped_column(String(30))
    item: Mapped[str] = mapped_column(String(100))
    detail: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(500))

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Index, ...]:
        return Index("decision_by_time", "at", "id"), Index("decision_by_item", "item", "at", "id")


class DecidedChangeColumns:
    """What a decision of moderators replaced in an item, to put it back if the decision is overturned.

    `digest` is that of the text that moderators wrote, None if they changed none; `title`, `summary` and `body` are
    those before it in `language`, of which `withheld` is the revision, if it is withheld. `moved_to` is the category
    that they moved the item to, None if they did not; `category` the one before.
    """

    decision_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    item_id: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(Moment)
    language: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    digest: Mapped[str | None] = mapped_column(String(64))
    withheld: Mapped[int | None]
    category: Mapped[str] = mapped_column(String(100))
    moved_to: Mapped[str | None] = mapped_column(String(100))

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Index, ...]:
        return (Index("decided_change_by_time", "at"),)


class WithheldColumns:
    """Of an earlier text that `by_id` wrote: that it is withheld, when, by whom and why; all None if it is not."""

    by_id: Mapped[str] = mapped_column(String(16))
    withheld_at: Mapped[datetime | None] = mapped_column(Moment)
    withheld_by: Mapped[str | None] = mapped_column(String(16))
    withheld_reason: Mapped[str | None] = mapped_column(String(500))


class TextRevisionColumns(WithheldColumns):
    """An earlier text of an item in one language, which `by_id` wrote at the time `at`; rows are only added, and
    withheld. `revision` is the number of the text, which counts up."""

    language: Mapped[str] = mapped_column(String(20), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)


class EditedColumns:
    """Of a text in one language: how many earlier ones its history has."""

    edits: Mapped[int] = mapped_column(default=0, server_default="0")


class VersionColumns:
    """A text in one language. `translator_id` and `based_on` are None for the original; `based_on` is the original's
    revision that a translation was made from."""

    language: Mapped[str] = mapped_column(String(20), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    excerpt: Mapped[str] = mapped_column(String(300))
    revision: Mapped[int]
    translator_id: Mapped[str | None] = mapped_column(String(16))
    based_on: Mapped[int | None]
    reviewed: Mapped[bool]
    changed_by: Mapped[str] = mapped_column(String(16))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class CategoryColumns:
    """A predefined category. `closed`: nothing new comes into it."""

    slug: Mapped[str] = mapped_column(String(100), primary_key=True)
    original_language: Mapped[str] = mapped_column(String(20))
    position: Mapped[int]
    closed: Mapped[bool] = mapped_column(default=False, server_default=false())


class CategoryTextColumns:
    """A category's name and description in one language."""

    category: Mapped[str] = mapped_column(ForeignKey("category.slug"), primary_key=True)
    language: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    about: Mapped[str] = mapped_column(Text)


class FormerCategoryColumns:
    """The slug of a category that was merged into `category`, to which its address leads."""

    slug: Mapped[str] = mapped_column(String(100), primary_key=True)
    category: Mapped[str] = mapped_column(ForeignKey("category.slug"), index=True)
