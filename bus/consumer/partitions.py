"""Where a subscription stands in a producer's log: a place for each lane of subjects.

Every subject belongs to one lane for good. Processes of a service divide the lanes among themselves, so that each
subject's events are handled in order by one of them, and each lane has a place of its own to go on from when another
process takes it over. One process alone has all lanes, at one place.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bus.eventlog.schema import cursor
from bus.retry.failed_events import Held

PARTITIONS = 8
"""So many processes can share a subscription's work at most. Stored places rest on it: to change it takes a
migration."""
ALL_PARTITIONS = frozenset(range(PARTITIONS))


def partition_of(subject: str) -> int:
    """The lane of a subject, the same in every process and release."""
    return zlib.crc32(subject.encode()) % PARTITIONS


@dataclass(frozen=True)
class Place:
    """Where lanes (at least one) of a subscription stand: for each, up to which `seq` everything took effect, and the
    id of the event there. `trouble` says what stops it, `""` if nothing; `holding`, whether any event is held.
    """

    lanes: Mapping[int, tuple[int, str]]
    trouble: str = ""
    holding: bool = False

    @property
    def seq(self) -> int:
        """That of the lane that is furthest behind."""
        return min(self.lanes.values())[0]

    @property
    def event_id(self) -> str:
        """The event at `seq`."""
        return min(self.lanes.values())[1]

    def contradicts(self, seq: int, event_id: str) -> bool:
        """Whether a lane stands at `seq` with another event: then the log is not the one that was read."""
        return any(at == seq and known not in ("", event_id) for at, known in self.lanes.values())


class Cursor:
    """The rows of one subscription in one producer's log."""

    def __init__(self, subscription: str, producer: str) -> None:
        self._key = {"subscription": subscription, "producer": producer}
        self._mine = (cursor.c.subscription == subscription, cursor.c.producer == producer)
        self._holding = Held(subscription, producer).exists().label("holding")

    def read(self, session: Session, lanes: Collection[int]) -> Place:
        """Where `lanes` (at least one) stand."""
        return self._place(session.execute(self._query(lanes)).all(), lanes)

    def locked(self, session: Session, lanes: Collection[int]) -> Place:
        """The same, and nobody else moves them until the transaction ends."""
        query = self._query(lanes).with_for_update()
        rows = session.execute(query).all()
        if len(rows) < len(lanes):
            self._insert(session, lanes)
            rows = session.execute(query).all()
        return self._place(rows, lanes)

    def move(self, session: Session, lanes: Collection[int], seq: int, event_id: str) -> None:
        """Bring those of `lanes` that stand before `seq` to it."""
        session.execute(
            update(cursor)
            .where(*self._mine, cursor.c.lane.in_(lanes), cursor.c.seq < seq)
            .values(seq=seq, event_id=event_id)
        )

    def keep_trouble(self, session: Session, lanes: Collection[int], trouble: str) -> None:
        """Write down why `lanes` can't go on, or `""` that they can."""
        session.execute(update(cursor).where(*self._mine, cursor.c.lane.in_(lanes)).values(trouble=trouble))

    def _query(self, lanes: Collection[int]) -> Select[Any]:
        columns = (cursor.c.lane, cursor.c.seq, cursor.c.event_id, cursor.c.trouble)
        # In one order, so that two who lock several wait for each other and not crosswise.
        return (
            select(*columns, self._holding)
            .where(*self._mine, cursor.c.lane.in_(lanes))
            .order_by(cursor.c.lane)
        )

    @staticmethod
    def _place(rows: Sequence[Row[Any]], lanes: Collection[int]) -> Place:
        found = {row.lane: (row.seq, row.event_id) for row in rows}
        return Place(
            {lane: found.get(lane, (0, "")) for lane in lanes},
            next((row.trouble for row in rows if row.trouble), ""),
            any(row.holding for row in rows),
        )

    def _insert(self, session: Session, lanes: Collection[int]) -> None:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        rows = [{**self._key, "lane": lane, "seq": 0} for lane in sorted(lanes)]
        session.execute(dialect.insert(cursor).on_conflict_do_nothing(), rows)
