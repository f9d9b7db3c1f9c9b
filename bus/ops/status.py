"""The status of a service: its log, its offsets in other services' logs, and its outbox."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bus.eventlog.read import log_end
from bus.eventlog.schema import consumer_offset, failed_event, relay_offset
from bus.outbox.store import OutboxStatus, outbox_status
from bus.retry.queue import FAILED_EVENTS
from contracts.common import View


class SubscriptionStatus(View):
    """The status of one subscription. `offset`: up to which `seq` all events took effect or failed.

    `retrying` and `dead_lettered` are numbers of subjects. `halt_reason` says why the whole subscription can't go on,
    `""` if it can.
    """

    producer: str
    offset: int
    retrying: int = 0
    dead_lettered: int = 0
    halt_reason: str = ""


class ServiceStatus(View):
    """The status of one service. `store` is the URL of its database without a password; `published` is up to which
    `seq` the broker has confirmed its log."""

    name: str
    store: str
    log_end: int
    published: int
    subscriptions: list[SubscriptionStatus]
    outbox: list[OutboxStatus]


def service_status(session: Session, name: str, store: str) -> ServiceStatus:
    """The status of a service as `space status` and the metrics show it, read from its database."""
    published = session.execute(select(func.max(relay_offset.c.seq))).scalar() or 0
    retrying = _subjects(session, dead_lettered=False)
    dead_lettered = _subjects(session, dead_lettered=True)
    # A subscription's offset is that of the partition furthest behind; a halt reason may be any partition's.
    rows = session.execute(
        select(
            consumer_offset.c.producer,
            func.min(consumer_offset.c.seq),
            func.max(consumer_offset.c.halt_reason),
        )
        .group_by(consumer_offset.c.producer)
        .order_by(consumer_offset.c.producer)
    ).all()
    return ServiceStatus(
        name=name,
        store=store,
        log_end=log_end(session),
        published=published,
        subscriptions=[
            SubscriptionStatus(
                producer=producer,
                offset=seq,
                retrying=retrying.get(producer, 0),
                dead_lettered=dead_lettered.get(producer, 0),
                halt_reason=halt_reason,
            )
            for producer, seq, halt_reason in rows
        ],
        outbox=outbox_status(session),
    )


def _subjects(session: Session, dead_lettered: bool) -> dict[str, int]:
    """For each producer the number of subjects whose first failed event is dead-lettered, or else waits for a retry."""
    next_at = failed_event.c.next_at
    query = (
        select(failed_event.c.producer, func.count())
        .where(FAILED_EVENTS.is_first(), next_at.is_(None) if dead_lettered else next_at.is_not(None))
        .group_by(failed_event.c.producer)
    )
    return {row[0]: row[1] for row in session.execute(query)}
