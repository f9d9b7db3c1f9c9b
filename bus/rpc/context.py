"""The context that is passed on with a call: trace, deadline and idempotency key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import Any

from bus.ops.tracing import current_trace, new_trace, set_trace

DEFAULT_SECONDS = 5.0

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
_request_key: ContextVar[str] = ContextVar("request_key", default="")


def seconds_left() -> float:
    """Seconds until the current deadline; `DEFAULT_SECONDS` if none is set. Negative once it has passed."""
    deadline = _deadline.get()
    return DEFAULT_SECONDS if deadline is None else deadline - monotonic()


def request_key() -> str:
    """The idempotency key of the client's request, `""` if it has none."""
    return _request_key.get()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Set a deadline for the calls of the block: `seconds` from now, or an outer deadline if that is earlier."""
    outer = _deadline.get()
    mine = monotonic() + seconds
    token = _deadline.set(mine if outer is None else min(outer, mine))
    try:
        yield
    finally:
        _deadline.reset(token)


@contextmanager
def idempotent(key: str) -> Iterator[None]:
    """Set the idempotency key for the writes of the block."""
    token = _request_key.set(key)
    try:
        yield
    finally:
        _request_key.reset(token)


def to_headers() -> dict[str, Any]:
    """The context as message headers. The deadline is sent as the seconds that are left, since clocks differ."""
    return {
        "traceparent": current_trace() or new_trace(),
        "seconds-left": seconds_left(),
        "request-key": request_key(),
    }


def enter(headers: dict[str, Any]) -> None:
    """Set the context from a caller's message headers, in a new greenlet or thread."""
    set_trace(str(headers.get("traceparent", "")))
    _deadline.set(monotonic() + float(headers.get("seconds-left", DEFAULT_SECONDS)))
    _request_key.set(str(headers.get("request-key", "")))
