"""Whose sessions and tokens are, kept for some seconds, so that not every request asks the people service."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Any, Literal, cast

from contracts.common import Recorded
from contracts.errors import SpaceError
from contracts.people import PeopleApi
from core.audience import STRANGER, Viewer
from gateway.services import EventListener

SECONDS = 5.0
"""How long a viewer is kept: as long may a session or token still count after its time is over."""

PROVED_SECONDS = 1.0
"""How long it counts as known that no event of people was missed. The design asks that whoever loses a membership loses
access everywhere within a second."""

MOST = 20_000

# They end nothing and change nobody's rights.
_ONLY_BEGIN = frozenset({"register", "sign_in", "create_token"})

Kind = Literal["session", "token"]


class KnownViewers:
    """The viewers of sessions and tokens, under a hash of the secret.

    An event of people about a person drops what is kept of them, so it is of no use once the event was handled; and
    what was asked for before an event and answered after it is not kept at all. The event listener may miss events, so
    the end of people's log is asked for every `PROVED_SECONDS`; if it has grown unseen, everything is dropped. While
    people does not reply, nothing that is kept counts.
    """

    def __init__(
        self, listener: EventListener, seconds: float = SECONDS, now: Callable[[], float] = monotonic
    ) -> None:
        self._seconds = seconds
        self._now = now
        self._kept: OrderedDict[tuple[Kind, bytes], tuple[Viewer, float]] = OrderedDict()
        self._keys: dict[str, set[tuple[Kind, bytes]]] = {}
        self._changes = 0
        self._seq = -1
        self._proved_at: float | None = None
        if seconds:
            listener.listen(self._handle)

    def viewer(self, kind: Kind, token: str, people: PeopleApi) -> Viewer | None:
        """The viewer of a session or token; None if it is nobody's. Raises as `people` does."""
        key = (kind, hashlib.sha256(token.encode("utf-8", "replace")).digest())
        if self._seconds and (kept := self._right(key, people)) is not None:
            return kept
        changes = self._changes
        ask = people.viewer_of_session if kind == "session" else people.viewer_of_token
        found = ask(STRANGER, token)
        if self._seconds and found is not None and found.person_id and changes == self._changes:
            self._keep(key, found, found.person_id)
        return found

    def forget(self) -> None:
        """Drop everything."""
        self._changes += 1
        self._kept.clear()
        self._keys.clear()

    def _right(self, key: tuple[Kind, bytes], people: PeopleApi) -> Viewer | None:
        if key not in self._kept or not self._prove(people):
            return None
        # Dropped meanwhile, if the log has grown.
        viewer, until = self._kept.get(key, (None, 0.0))
        return viewer if until > self._now() else None

    def _prove(self, people: PeopleApi) -> bool:
        """Make sure that no event was missed; False while the service does not reply."""
        now = self._now()
        if self._proved_at is not None and now - self._proved_at < PROVED_SECONDS:
            return True
        try:
            end = people.log_end()
        except SpaceError:
            return False
        self._proved_at = now
        if end > self._seq:
            self.forget()
            self._seq = end
        return True

    def _keep(self, key: tuple[Kind, bytes], viewer: Viewer, person_id: str) -> None:
        self._drop(key)
        self._kept[key] = (viewer, self._now() + self._seconds)
        self._keys.setdefault(person_id, set()).add(key)
        if len(self._kept) > MOST:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: tuple[Kind, bytes]) -> None:
        viewer, _ = self._kept.pop(key, (None, 0.0))
        if viewer is not None and viewer.person_id is not None:
            keys = self._keys[viewer.person_id]
            keys.discard(key)
            if not keys:
                del self._keys[viewer.person_id]

    def _handle(self, event: Recorded) -> None:
        if event.producer != "people" or event.seq <= self._seq:
            return
        if event.seq != self._seq + 1:
            self.forget()  # events between were missed
        self._seq = event.seq
        self._changes += 1
        for person_id in (event.data.get("person_id"), event.subject.removeprefix("person/")):
            for key in list(self._keys.get(person_id or "", ())):
                self._drop(key)


class _Watched:
    """The people service, by whose calls what is kept may become wrong: the person's next request must know."""

    def __init__(self, people: PeopleApi, known: KnownViewers) -> None:
        self._people = people
        self._known = known

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._people, name)
        if name in _ONLY_BEGIN or getattr(getattr(PeopleApi, name), "safe", False):
            return method

        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return method(*args, **kwargs)
            finally:
                # Also after an error: the call may have taken effect though no reply came.
                self._known.forget()

        return call


def watched(people: PeopleApi, known: KnownViewers) -> PeopleApi:
    """The people service, after whose calls nothing is kept that they may have changed."""
    return cast(PeopleApi, _Watched(people, known))
