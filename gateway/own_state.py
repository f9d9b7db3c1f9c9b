"""What notify tells people of themselves on each page: their unread count, and whether they follow what it shows."""

from __future__ import annotations

from contracts.notify import FollowKind, FollowView, NotifyApi
from core.audience import Viewer
from gateway.cache.kept import KeptAnswers
from gateway.cache.log_ends import LogEnds

MOST = 20_000


class UnreadCounts:
    """People's unread counts. One depends on the groups that its person is in too."""

    def __init__(self, ends: LogEnds | None) -> None:
        self._kept = KeptAnswers[int](ends, "notify", most=MOST)

    def of(self, viewer: Viewer, notify: NotifyApi) -> int:
        """The viewer's count. Raises as `notify` does."""
        key = (viewer.person_id, viewer.groups)
        return self._kept.get(key, lambda: notify.unread(viewer), lambda _: f"unread:{viewer.person_id}")


class FollowStates:
    """What people follow, of what they look at."""

    def __init__(self, ends: LogEnds | None) -> None:
        self._kept = KeptAnswers[FollowView | None](ends, "notify", most=MOST)

    def of(self, viewer: Viewer, kind: FollowKind, id: str, notify: NotifyApi) -> FollowView | None:
        """The viewer's follow of one target, or None. Raises as `notify` does."""
        key = (viewer.person_id, kind, id)
        return self._kept.get(
            key, lambda: notify.follow_state(viewer, kind, id), lambda _: f"follows:{viewer.person_id}"
        )
