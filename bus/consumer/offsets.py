"""The offsets of a subscription in a producer's log, one for each partition."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from bus.eventlog.schema import consumer_offset
from core.columns import AnyRow
from core.database import insert_or_ignore


@dataclass(frozen=True)
class Offsets:
    """The offsets of some partitions (at least one): for each the `seq` up to which its events were handled, and the id
    of the event there.

    `halt_reason` says why the subscription can't go on, `""` if it can. `retrying`: whether it has failed events.
    """

    partitions: Mapping[int, tuple[int, str]]
    halt_reason: str = ""
    retrying: bool = False

    @property
    def seq(self) -> int:
        """The offset of the partition that is furthest behind."""
        return min(self.partitions.values())[0]

    @property
    def event_id(self) -> str:
        """The id of the event at `seq`."""
        return min(self.partitions.values())[1]

    def contradicts(self, seq: int, event_id: str) -> bool:
        """Whether a partition's offset is at `seq` with another event: then the log is not the one that was read."""
        return any(at == seq and known not in ("", event_id) for at, known in self.partitions.values())


class OffsetStore:
    """Stores one subscription's offsets in one producer's log. `failing` is an SQL condition: it has failed events."""

    def __init__(self, subscription: str, producer: str, failing: Any) -> None:
        self._key = {"subscription": subscription, "producer": producer}
        table = consumer_offset.c
        self._mine = (table.subscription == subscription, table.producer == producer)
        # They are run for each batch of events, and to build them takes longer than to run them.
        among = table.partition.in_(bindparam("partitions", expanding=True))
        # Always in the same order, so that two transactions that lock several rows can't deadlock.
        self._query = (
            select(table.partition, table.seq, table.event_id, table.halt_reason, failing.label("retrying"))
            .where(*self._mine, among)
            .order_by(table.partition)
        )
        self._locking_query = self._query.with_for_update()
        self._move = (
            update(consumer_offset)
            .where(*self._mine, among, table.seq < bindparam("new_seq"))
            .values(seq=bindparam("new_seq"), event_id=bindparam("new_event_id"))
        )

    def read(self, session: Session, partitions: Collection[int]) -> Offsets:
        """The offsets of `partitions` (at least one)."""
        return self._offsets(session.execute(self._query, _parameters(partitions)).all(), partitions)

    def lock(self, session: Session, partitions: Collection[int]) -> Offsets:
        """The offsets of `partitions`, locked until the transaction ends."""
        rows = session.execute(self._locking_query, _parameters(partitions)).all()
        if len(rows) < len(partitions):
            missing = [{**self._key, "partition": each, "seq": 0} for each in sorted(partitions)]
            insert_or_ignore(session, consumer_offset, missing)
            rows = session.execute(self._locking_query, _parameters(partitions)).all()
        return self._offsets(rows, partitions)

    def move(self, session: Session, partitions: Collection[int], seq: int, event_id: str) -> None:
        """Move the offsets of `partitions` that are below `seq` to it."""
        session.execute(self._move, {**_parameters(partitions), "new_seq": seq, "new_event_id": event_id})

    def save_halt_reason(self, session: Session, partitions: Collection[int], reason: str) -> None:
        """Store the halt reason of `partitions`, `""` for none."""
        session.execute(
            update(consumer_offset)
            .where(*self._mine, consumer_offset.c.partition.in_(partitions))
            .values(halt_reason=reason)
        )

    @staticmethod
    def _offsets(rows: Sequence[AnyRow], partitions: Collection[int]) -> Offsets:
        found = {row.partition: (row.seq, row.event_id) for row in rows}
        return Offsets(
            {partition: found.get(partition, (0, "")) for partition in partitions},
            next((row.halt_reason for row in rows if row.halt_reason), ""),
            any(row.retrying for row in rows),
        )


def _parameters(partitions: Collection[int]) -> dict[str, Any]:
    return {"partitions": sorted(partitions)}
