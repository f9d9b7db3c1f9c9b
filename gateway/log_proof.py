"""Keeps what was learnt from a service right by its events, though the event listener may miss some."""

from __future__ import annotations

from collections.abc import Callable, Set
from time import monotonic
from typing import Any, TypeVar, cast

from contracts.common import Producer, Recorded

S = TypeVar("S")

PROVED_SECONDS = 1.0
"""How long it counts as known that no event was missed. The design asks that whoever loses a membership loses access
everywhere within a second."""


class LogProof:
    """How far the log of one producer is known. `missed` is called when events were missed, which may have changed
    anything."""

    def __init__(
        self, producer: str, missed: Callable[[], None], now: Callable[[], float] = monotonic
    ) -> None:
        self._producer = producer
        self._missed = missed
        self._now = now
        self._seq = -1
        self._proved_at: float | None = None

    def prove(self, service: Producer) -> None:
        """Make sure that no event was missed. Raises as the service does."""
        now = self._now()
        if self._proved_at is not None and now - self._proved_at < PROVED_SECONDS:
            return
        end = service.log_end()
        self._proved_at = now
        if end > self._seq:
            self._missed()
            self._seq = end

    def doubt(self) -> None:
        """Ask the service before what is kept counts again."""
        self._proved_at = None

    def is_new(self, event: Recorded) -> bool:
        """Whether an event of the listener is the producer's and was not known of."""
        if event.producer != self._producer or event.seq <= self._seq:
            return False
        if event.seq != self._seq + 1:
            self._missed()
        self._seq = event.seq
        return True


class _Watched:
    def __init__(self, service: Any, api: type, changed: Callable[..., None], but: Set[str]) -> None:
        self._service = service
        self._api = api
        self._changed = changed
        self._but = but

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._service, name)
        if name in self._but or getattr(getattr(self._api, name), "safe", False):
            return method

        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return method(*args, **kwargs)
            finally:
                # Also after an error: the call may have taken effect though no reply came.
                self._changed(*args)

        return call


def watched(service: S, api: type, changed: Callable[..., None], but: Set[str] = frozenset()) -> S:
    """A service, after whose calls `changed` is called with their arguments: what is kept may have become wrong, and
    the person's next request must know. Not after calls that only read, nor those in `but`."""
    return cast(S, _Watched(service, api, changed, but))
