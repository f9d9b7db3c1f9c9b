"""Whose sessions and tokens are, kept for some seconds, so that not every request asks the people service."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Literal

from contracts.people import PeopleApi
from core.audience import STRANGER, Viewer
from gateway.cache.log_ends import LogEnds

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


@dataclass(frozen=True)
class _Known:
    """Who it is, the end of people's log before it was asked, and until when it is kept."""

    viewer: Viewer
    end: int
    until: float


class KnownViewers:
    """The viewers of sessions and tokens, under a hash of the secret.

    An event of people about a person ends what is kept of them, also what was asked for before it and answered after
    it. While people does not reply, nothing that is kept counts.
    """

    def __init__(
        self, ends: LogEnds | None, seconds: float = SECONDS, now: Callable[[], float] = monotonic
    ) -> None:
        self._ends = ends
        self._seconds = seconds
        self._now = now
        self._kept: OrderedDict[tuple[Kind, bytes], _Known] = OrderedDict()

    def viewer(self, kind: Kind, token: str, people: PeopleApi) -> Viewer | None:
        """The viewer of a session or token; None if it is nobody's. Raises as `people` does."""
        ask = people.viewer_of_session if kind == "session" else people.viewer_of_token
        if self._ends is None:
            return ask(STRANGER, token)
        key = (kind, hashlib.sha256(token.encode("utf-8", "replace")).digest())
        proved = self._ends.prove(("people",))
        kept = self._kept.pop(key, None)
        if kept is not None and proved and self._is_right(kept, self._ends):
            self._kept[key] = kept
            return kept.viewer
        end = self._ends.end("people")
        found = ask(STRANGER, token)
        if found is not None and found.person_id:
            self._kept[key] = _Known(found, end, self._now() + self._seconds)
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return found

    def _is_right(self, kept: _Known, ends: LogEnds) -> bool:
        changed = ends.changed_in("people", kept.end, f"viewer:{kept.viewer.person_id}")
        return not changed and kept.until > self._now()
