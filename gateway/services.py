"""The services as the gateway sees them: objects that implement their contracts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from contracts.blog import BlogApi
from contracts.common import Recorded
from contracts.events import EventsApi
from contracts.forum import ForumApi
from contracts.mail_in import MailInApi
from contracts.notify import NotifyApi
from contracts.people import PeopleApi
from contracts.search import SearchApi


class EventListener(Protocol):
    """Gives this process new events, for live pages, streams and the cache.

    Delivery is fast but not guaranteed: an event may be missed or come twice, so a listener pulls missed events from
    the producer's log (`events_after`).
    """

    def listen(self, handle: Callable[[Recorded], None]) -> Callable[[], None]:
        """Call `handle` with each new event of any producer; returns a function that stops it. `handle` must not
        block."""


class NullEventListener:
    """A listener that gives no events."""

    def listen(self, handle: Callable[[Recorded], None]) -> Callable[[], None]:
        return lambda: None


@dataclass(frozen=True)
class Services:
    """One object for each service, given by the composition root: an RPC client, or a fake in tests."""

    people: PeopleApi
    blog: BlogApi
    forum: ForumApi
    events: EventsApi
    notify: NotifyApi
    search: SearchApi
    mail: MailInApi
    listener: EventListener = field(default_factory=NullEventListener)
