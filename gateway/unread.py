"""The counts of unread notifications, kept until an event of notify says that they changed."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from contracts.notify import NotifyApi
from core.audience import Viewer
from gateway.cache.log_ends import LogEnds

MOST = 20_000


@dataclass(frozen=True)
class _Count:
    """A count, the groups of its person, and the end of notify's log before it was asked for."""

    unread: int
    groups: frozenset[str]
    end: int


class UnreadCounts:
    """People's unread counts. One depends on the groups that its person is in too.

    An event of notify ends the counts of the people whom it names, also one that was asked for before it and answered
    after it. While notify does not reply, no count that is kept counts.
    """

    def __init__(self, ends: LogEnds | None) -> None:
        self._ends = ends
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def of(self, viewer: Viewer, notify: NotifyApi) -> int:
        """The viewer's count. Raises as `notify` does."""
        if self._ends is None or viewer.person_id is None:
            return notify.unread(viewer)
        proved = self._ends.prove(("notify",))
        kept = self._counts.pop(viewer.person_id, None)
        if kept is None or not proved or not self._is_right(kept, viewer, self._ends):
            end = self._ends.end("notify")
            kept = _Count(notify.unread(viewer), viewer.groups, end)
        self._counts[viewer.person_id] = kept
        if len(self._counts) > MOST:
            self._counts.popitem(last=False)
        return kept.unread

    def _is_right(self, kept: _Count, viewer: Viewer, ends: LogEnds) -> bool:
        changed = ends.changed_in("notify", kept.end, f"unread:{viewer.person_id}")
        return not changed and kept.groups == viewer.groups
