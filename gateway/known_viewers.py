"""Whose sessions and tokens are, kept for some seconds, so that not every request asks the people service."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from time import monotonic
from typing import Literal

from bus.ops import cpu_time
from bus.rpc.context import within
from contracts.people import PeopleApi
from core.audience import STRANGER, Viewer
from gateway.cache.kept import KeptAnswers
from gateway.cache.log_ends import LogEnds

SECONDS = 5.0
"""How long a viewer is kept: as long may a session or token still count after its time is over."""

SECONDS_TO_IDENTIFY = 4.0
"""Half of a page's deadline: while `people` does not reply, time is left for what is public."""

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
    """The viewers of sessions and tokens, under a hash of the secret."""

    def __init__(
        self, ends: LogEnds | None, seconds: float = SECONDS, now: Callable[[], float] = monotonic
    ) -> None:
        self._kept = KeptAnswers[Viewer | None](ends, most=MOST, now=now)
        self._seconds = seconds

    def viewer(self, kind: Kind, token: str, people: PeopleApi) -> Viewer | None:
        """The viewer of a session or token; None if it is nobody's. Raises as `people` does."""
        key = (kind, hashlib.sha256(token.encode("utf-8", "replace")).digest())
        call = people.viewer_of_session if kind == "session" else people.viewer_of_token

        def ask() -> Viewer | None:
            with within(SECONDS_TO_IDENTIFY), cpu_time.measured(SECONDS_TO_IDENTIFY):
                return call(STRANGER, token)

        return self._kept.ask("people", key, ask, _resource, self._seconds)


def _resource(found: Viewer | None) -> str | None:
    return f"viewer:{found.person_id}" if found is not None and found.person_id else None
