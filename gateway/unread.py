"""The counts of unread notifications, kept until an event of notify says that they changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from time import monotonic

from contracts.common import Recorded
from contracts.notify import Notified, NotifyApi, PeopleNotified
from core.audience import Viewer
from gateway.log_proof import LogProof
from gateway.services import EventListener

MOST = 20_000

_Key = tuple[str, frozenset[str]]


class UnreadCounts:
    """People's unread counts. One depends on the groups that its person is in too, so these are part of its key.

    An event of notify drops the counts of the people whom it names, and a count that was asked for before an event and
    answered after it is not kept. Missed events (`gateway.log_proof`) drop all. While notify does not reply, no count
    that is kept counts.
    """

    def __init__(self, listener: EventListener, keep: bool, now: Callable[[], float] = monotonic) -> None:
        self._keep = keep
        self._counts: OrderedDict[str, tuple[_Key, int]] = OrderedDict()
        self._changes = 0
        self._proof = LogProof("notify", self._forget_all, now)
        if keep:
            listener.listen(self._handle)

    def of(self, viewer: Viewer, notify: NotifyApi) -> int:
        """The viewer's count. Raises as `notify` does."""
        if not self._keep or viewer.person_id is None:
            return notify.unread(viewer)
        key = (viewer.person_id, viewer.groups)
        self._proof.prove(notify)
        kept = self._counts.get(viewer.person_id)
        if kept is not None and kept[0] == key:
            return kept[1]
        changes = self._changes
        count = notify.unread(viewer)
        if changes == self._changes:
            self._counts[viewer.person_id] = (key, count)
            if len(self._counts) > MOST:
                self._counts.popitem(last=False)
        return count

    def doubt(self) -> None:
        """Ask notify for news before what is kept counts again."""
        self._proof.doubt()

    def forget(self, people: Iterable[str | None]) -> None:
        """Drop the counts of these people."""
        self._changes += 1
        for person_id in people:
            self._counts.pop(person_id or "", None)

    def _forget_all(self) -> None:
        self._changes += 1
        self._counts.clear()

    def _handle(self, event: Recorded) -> None:
        if not self._proof.is_new(event):
            return
        if event.type == Notified.type:
            self.forget([str(event.data["person_id"])])
        elif event.type == PeopleNotified.type:
            self.forget(event.data["person_ids"])
