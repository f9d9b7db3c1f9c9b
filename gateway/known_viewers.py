"""Whose sessions and tokens are, kept for some seconds, so that not every request asks the people service."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Literal

from contracts.common import Recorded
from contracts.errors import SpaceError
from contracts.people import PeopleApi
from core.audience import STRANGER, Viewer
from gateway.log_proof import LogProof
from gateway.services import EventListener

SECONDS = 5.0
"""How long a viewer is kept: as long may a session or token still count after its time is over."""

MOST = 20_000

# They end nothing and change nobody's rights.
ONLY_BEGIN = frozenset(
    {
        "register",
        "sign_in",
        "sign_in_with_code",
        "create_token",
        "ask_reset",
        "send_confirmation",
        "confirm_email",
    }
)

Kind = Literal["session", "token"]


class KnownViewers:
    """The viewers of sessions and tokens, under a hash of the secret.

    An event of people about a person drops what is kept of them, so it is of no use once the event was handled; and
    what was asked for before an event and answered after it is not kept at all. Missed events (`gateway.log_proof`)
    drop everything. While people does not reply, nothing that is kept counts.
    """

    def __init__(
        self, listener: EventListener, seconds: float = SECONDS, now: Callable[[], float] = monotonic
    ) -> None:
        self._seconds = seconds
        self._now = now
        self._kept: OrderedDict[tuple[Kind, bytes], tuple[Viewer, float]] = OrderedDict()
        self._keys: dict[str, set[tuple[Kind, bytes]]] = {}
        self._changes = 0
        self._proof = LogProof("people", self.forget, now)
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

    def doubt(self) -> None:
        """Ask people for news before what is kept counts again."""
        self._proof.doubt()

    def _right(self, key: tuple[Kind, bytes], people: PeopleApi) -> Viewer | None:
        if key not in self._kept or not self._prove(people):
            return None
        # Dropped meanwhile, if the log has grown.
        viewer, until = self._kept.get(key, (None, 0.0))
        return viewer if until > self._now() else None

    def _prove(self, people: PeopleApi) -> bool:
        """Make sure that no event was missed; False while the service does not reply."""
        try:
            self._proof.prove(people)
        except SpaceError:
            return False
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
        if not self._proof.is_new(event):
            return
        self._changes += 1
        for person_id in (event.data.get("person_id"), event.subject.removeprefix("person/")):
            for key in list(self._keys.get(person_id or "", ())):
                self._drop(key)
