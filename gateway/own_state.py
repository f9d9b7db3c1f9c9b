"""What pages tell people of themselves: their unread count, whether they follow what is shown, and whom they avoid."""

from __future__ import annotations

from contracts.notify import FollowKind, FollowView, NotifyApi
from contracts.people import PeopleApi
from core.audience import Viewer
from gateway.cache.kept import KeptAnswers
from gateway.cache.log_ends import LogEnds

MOST = 20_000


class UnreadCounts:
    """People's unread counts. One depends on the groups that its person is in too."""

    def __init__(self, ends: LogEnds | None) -> None:
        self._kept = KeptAnswers[int](ends, most=MOST)

    def of(self, viewer: Viewer, notify: NotifyApi) -> int:
        """The viewer's count. Raises as `notify` does."""
        key = (viewer.person_id, viewer.groups)
        return self._kept.ask(
            "notify", key, lambda: notify.unread(viewer), lambda _: f"unread:{viewer.person_id}"
        )


class BlockedPeople:
    """Whom people have blocked or muted: what those wrote is collapsed."""

    def __init__(self, ends: LogEnds | None) -> None:
        self._kept = KeptAnswers[frozenset[str]](ends, most=MOST)

    def of(self, viewer: Viewer, people: PeopleApi) -> frozenset[str]:
        """The ids of all of them. Raises as `people` does."""
        return self._kept.ask(
            "people",
            viewer.person_id,
            lambda: frozenset(people.blocked_ids(viewer)),
            lambda _: f"blocks:{viewer.person_id}",
        )


class FollowStates:
    """What people follow, of what they look at."""

    def __init__(self, ends: LogEnds | None) -> None:
        self._kept = KeptAnswers[FollowView | None](ends, most=MOST)

    def of(self, viewer: Viewer, kind: FollowKind, id: str, notify: NotifyApi) -> FollowView | None:
        """The viewer's follow of one target, or None. Raises as `notify` does."""
        key = (viewer.person_id, kind, id)
        return self._kept.ask(
            "notify",
            key,
            lambda: notify.follow_state(viewer, kind, id),
            lambda _: f"follows:{viewer.person_id}",
        )
