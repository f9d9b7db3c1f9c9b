"""Where a service stands: its log, how far it is published, and its place in the logs of others."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bus.eventlog.read import log_end
from bus.eventlog.schema import cursor, held, relay_mark
from bus.outbox.store import effect_status
from contracts.common import ServiceStatus, SubscriptionStatus


def service_status(session: Session, name: str, place: str) -> ServiceStatus:
    """The account that `space status` shows."""
    published = session.execute(select(func.max(relay_mark.c.seq))).scalar() or 0
    waiting = _subjects(session, parked=False)
    parked = _subjects(session, parked=True)
    # The lane that is furthest behind is where a subscription stands; a trouble is any lane's.
    rows = session.execute(
        select(cursor.c.producer, func.min(cursor.c.seq), func.max(cursor.c.trouble))
        .group_by(cursor.c.producer)
        .order_by(cursor.c.producer)
    ).all()
    return ServiceStatus(
        name=name,
        store=place,
        log_end=log_end(session),
        published=published,
        subscriptions=[
            SubscriptionStatus(
                producer=producer,
                cursor=seq,
                held=waiting.get(producer, 0),
                parked=parked.get(producer, 0),
                trouble=trouble,
            )
            for producer, seq, trouble in rows
        ],
        effects=effect_status(session),
    )


def _subjects(session: Session, parked: bool) -> dict[str, int]:
    """For each producer the number of subjects whose first held event waits for a retry (or is given up)."""
    first = (
        select(held.c.producer, held.c.subject, func.min(held.c.seq).label("seq"))
        .group_by(held.c.subscription, held.c.producer, held.c.subject)
        .subquery()
    )
    query = (
        select(held.c.producer, func.count().label("subjects"))
        .join(first, (held.c.producer == first.c.producer) & (held.c.seq == first.c.seq))
        .where(held.c.next_at.is_(None) if parked else held.c.next_at.is_not(None))
        .group_by(held.c.producer)
    )
    return {row.producer: row.subjects for row in session.execute(query)}
