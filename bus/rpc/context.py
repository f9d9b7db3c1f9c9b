"""What travels with a call besides its arguments: trace, deadline and idempotency key."""

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
    """How long the work at hand may still take; the default where nobody set a deadline."""
    deadline = _deadline.get()
    return DEFAULT_SECONDS if deadline is None else deadline - monotonic()


def request_key() -> str:
    """The idempotency key that the client sent, `""` if none."""
    return _request_key.get()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give the calls of the block `seconds` in all, or what is left of an earlier deadline if that is less."""
    outer = _deadline.get()
    mine = monotonic() + seconds
    token = _deadline.set(mine if outer is None else min(outer, mine))
    try:
        yield
    finally:
        _deadline.reset(token)


@contextmanager
def idempotent(key: str) -> Iterator[None]:
    """Let the writes of the block carry the client's idempotency key."""
    token = _request_key.set(key)
    try:
        yield
    finally:
        _request_key.reset(token)


def to_headers() -> dict[str, Any]:
    """The context as message headers: the time left rather than a clock time, since clocks differ."""
    return {
        "traceparent": current_trace() or new_trace(),
        "seconds-left": seconds_left(),
        "request-key": request_key(),
    }


def enter(headers: dict[str, Any]) -> None:
    """Take over the caller's context, in a fresh greenlet or thread."""
    set_trace(str(headers.get("traceparent", "")))
    _deadline.set(monotonic() + float(headers.get("seconds-left", DEFAULT_SECONDS)))
    _request_key.set(str(headers.get("request-key", "")))
