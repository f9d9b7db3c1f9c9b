"""The services as the gateway sees them: whatever answers their contracts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from contracts.blog import BlogApi
from contracts.common import Recorded
from contracts.events import EventsApi
from contracts.forum import ForumApi
from contracts.notify import NotifyApi
from contracts.people import PeopleApi
from contracts.search import SearchApi


class EventListener(Protocol):
    """Where this process hears of new events, for live pages, streams and the cache.

    Hearing is a hurry, not a promise: an event may be missed or come twice, so a listener pulls what it misses from the
    producer's log (`events_after`).
    """

    def listen(self, hear: Callable[[Recorded], None]) -> Callable[[], None]:
        """Call `hear` with each new event of any producer; answers a function that ends it. `hear` must not block."""


class NullEventListener:
    """A tap that never hears anything."""

    def listen(self, hear: Callable[[Recorded], None]) -> Callable[[], None]:
        return lambda: None


@dataclass(frozen=True)
class Services:
    """One object for each service, given by the composition root: a bus proxy, or the tests' fake."""

    people: PeopleApi
    blog: BlogApi
    forum: ForumApi
    events: EventsApi
    notify: NotifyApi
    search: SearchApi
    tap: EventListener = field(default_factory=NullEventListener)
