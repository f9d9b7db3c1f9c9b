"""Calls of this process after which what it keeps may be wrong, though no event has arrived yet."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Any, TypeVar, cast

S = TypeVar("S")


class _Watched:
    def __init__(self, service: Any, api: type, changed: Callable[[], None], but: Set[str]) -> None:
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
                self._changed()

        return call


def watched(service: S, api: type, changed: Callable[[], None], but: Set[str] = frozenset()) -> S:
    """A service, after whose calls `changed` is called: what is kept may have become wrong, and the person's next
    request must know. Not after calls that only read, nor those in `but`."""
    return cast(S, _Watched(service, api, changed, but))
