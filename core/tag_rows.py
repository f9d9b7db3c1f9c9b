"""Reads and writes what services with tagged items have alike: the rows of tags, and which tags were replaced."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column

from core.audience import MEMBERS, PUBLIC


class FormerTagColumns:
    """A tag that was replaced by another one, `now`."""

    tag: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    now: Mapped[str] = mapped_column(sa.String(40))

    @declared_attr.directive
    def __table_args__(cls) -> tuple[sa.Index, ...]:
        return (sa.Index("former_tag_by_now", "now"),)


Item = TypeVar("Item")


def locked_items(session: Session, table: type[Item], ids: Sequence[str]) -> Sequence[Item]:
    """The rows of tagged items with these ids, locked until the transaction ends, in the order of their ids."""
    key = table.id  # type: ignore[attr-defined]
    wanted = select(table).where(key.in_(ids)).order_by(key).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).all()


class TagRows:
    """The tags of a service, in one transaction. `former` is its mapped class of `FormerTagColumns`, `item` the column
    with an item's id in the table with a row for each tag of each item, beside its column `tag`."""

    def __init__(self, session: Session, former: Any, item: Any) -> None:
        self._session = session
        self._former = former
        self._item = item
        self._tag = item.class_.tag

    def now(self, tags: Iterable[str]) -> list[str]:
        """These tags, each once; for one that was replaced its successor.

        Who stores them is waited for by whoever replaces one of them (`note`).
        """
        tags = list(tags)
        if not tags:
            return tags
        former = self._former
        found = self._session.execute(select(former.tag, former.now).where(former.tag.in_(tags))).all()
        successors = {row.tag: row.now for row in found}
        return list(dict.fromkeys(successors.get(tag, tag) for tag in tags))

    def note(self, tag: str, into: str | None) -> str | None:
        """Store that a tag is replaced, before it is in the items; returns by which one: `into` or its successor.

        Waits for all who have read which tags were replaced and may still store the former one.
        """
        former = self._former
        if self._session.get_bind().dialect.name == "postgresql":
            name = former.__table__.name
            self._session.execute(text(f'LOCK TABLE "{name}" IN ACCESS EXCLUSIVE MODE'))
        return note_successor(self._session, former, tag, into)

    def count(self, tag: str, audience: Any) -> int:
        """How many items with a tag are no group's own. `audience`: that column of the items' table."""
        tagged = select(func.count()).select_from(self._item.class_).join(audience.class_)
        return self._session.scalar(tagged.where(self._tag == tag, audience.in_((PUBLIC, MEMBERS)))) or 0

    def some_with(self, tag: str, limit: int) -> list[str]:
        """The ids of up to so many items with a tag."""
        wanted = select(self._item).where(self._tag == tag).order_by(self._item).limit(limit)
        return list(self._session.scalars(wanted))


def note_successor(session: Session, former: Any, tag: str, into: str | None) -> str | None:
    """Let a tag lead to `into`, or to what that leads to, which is returned; with None, nowhere. `former` is as in
    `TagRows`. Nobody else may do so at the same time."""
    if into is None:
        # What led to it leads nowhere, and anybody may use it anew.
        session.execute(delete(former).where((former.now == tag) | (former.tag == tag)))
        return None
    successor: str = session.scalar(select(former.now).where(former.tag == into)) or into
    if successor == tag:  # back to a name of before
        session.execute(delete(former).where(former.tag == into))
        successor = into
    session.execute(delete(former).where(former.tag == tag))
    session.execute(update(former).where(former.now == tag).values(now=successor))
    session.add(former(tag=tag, now=successor))
    session.flush()
    return successor
