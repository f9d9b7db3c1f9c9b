"""How many topics there are, by category and by month: kept as they come and go, for counting takes longer the more
there are. A transaction that changes both counts a category first, so that two don't wait for each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.database import insert_or_ignore
from services.forum.tables import CategoryCount, Topic, TopicMonth


def count_topic(session: Session, topic: Topic, change: int) -> None:
    """Add `change` to the numbers of topics that a topic counts in."""
    count_in_category(session, topic.category, topic.audience, change)
    count_in_months(session, topic.audience, [topic.created_at], change)


def count_in_category(session: Session, category: str | None, audience: str, change: int) -> None:
    """Add `change` to the number of topics of a category that such an audience sees."""
    if category is None:
        return
    key = (category, audience)
    row = session.get(CategoryCount, key, with_for_update=True)
    if row is None:
        # Of two first topics of a category at one moment the second waits here for the first. The category's own row
        # is not locked for it: who merges that has locked it, and waits for whoever puts something into it.
        first = {"category": category, "audience": audience, "topics": 0}
        insert_or_ignore(session, CategoryCount.__table__, [first])  # type: ignore[arg-type]
        row = session.get_one(CategoryCount, key, with_for_update=True)
    row.topics += change
    session.flush()


def count_in_months(session: Session, audience: str, moments: Iterable[datetime], change: int) -> None:
    """Add `change` to the number of topics of this audience in a month, for each of the moments that topics were
    created at."""
    months = Counter(f"{moment.astimezone(UTC):%Y-%m}" for moment in moments)
    table: Any = TopicMonth.__table__
    postgres = session.get_bind().dialect.name == "postgresql"
    insert: Any = (postgresql.insert if postgres else sqlite.insert)(table)
    counted = insert.on_conflict_do_update(
        index_elements=["audience", "month"], set_={"topics": table.c.topics + insert.excluded.topics}
    )
    # Always in one order, so that two that count in the same months don't wait for each other.
    for month in sorted(months):
        session.execute(counted, {"audience": audience, "month": month, "topics": change * months[month]})


def move_topic(session: Session, audience: str, before: str | None, after: str) -> None:
    """Count a topic of this audience in another category."""
    # Always in one order, so that two topics that exchange categories don't wait for each other.
    for category, change in sorted([(before or "", -1), (after, 1)]):
        count_in_category(session, category or None, audience, change)
