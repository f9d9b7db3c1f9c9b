"""Distributes the events of one event listener to any number of handlers in this process."""

from __future__ import annotations

import logging
from collections.abc import Callable

from bus.transport.port import HandleEvent
from contracts.common import Recorded

log = logging.getLogger(__name__)


class EventListeners:
    """Calls every registered handler with each event. Its `handle` is to be passed to `Transport.event_listener`."""

    def __init__(self) -> None:
        self._handlers: list[HandleEvent] = []

    def listen(self, handle: HandleEvent) -> Callable[[], None]:
        """Call `handle`, which must not block, with each new event. Returns a function that ends this."""
        self._handlers.append(handle)

        def end() -> None:
            if handle in self._handlers:
                self._handlers.remove(handle)

        return end

    def handle(self, event: Recorded) -> None:
        """Call every handler with `event`. The error of one is logged and does not affect the others."""
        for handle in list(self._handlers):
            try:
                handle(event)
            except Exception:
                log.exception("a listener failed at %s", event.type)
