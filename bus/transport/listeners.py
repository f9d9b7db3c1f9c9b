"""One event listener for any number of handlers in this process."""

from __future__ import annotations

import logging
from collections.abc import Callable

from bus.transport.port import HandleEvent
from contracts.common import Recorded

log = logging.getLogger(__name__)


class EventListeners:
    """Hands each event to every handler that listens. `handle` is what `Transport.event_listener` is given."""

    def __init__(self) -> None:
        self._handlers: list[HandleEvent] = []

    def listen(self, handle: HandleEvent) -> Callable[[], None]:
        """Call `handle` with each new event; returns a function that ends it. `handle` must not block."""
        self._handlers.append(handle)

        def end() -> None:
            if handle in self._handlers:
                self._handlers.remove(handle)

        return end

    def handle(self, event: Recorded) -> None:
        """Give `event` to every handler; one that fails does not hold up the others."""
        for handle in list(self._handlers):
            try:
                handle(event)
            except Exception:
                log.exception("a listener failed at %s", event.type)
