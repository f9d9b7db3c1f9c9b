"""The context that is passed on with a call: trace, deadline, idempotency key, and where the request comes from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic
from typing import Any

from bus.ops.tracing import current_trace, new_trace, set_trace

DEFAULT_SECONDS = 5.0


@dataclass(frozen=True)
class Origin:
    """Where a person's request comes from. `peer`: the keyed hash of its address, the same in all processes and another
    one each day. `device`: the id of a device on which the named person has signed in before. `browser`: the family of
    browsers, without spaces. `""`: not known."""

    peer: str = ""
    device: str = ""
    browser: str = ""

    @classmethod
    def read(cls, header: str) -> Origin:
        """The origin of its header."""
        return cls(*[*header.split(" "), "", "", ""][:3])

    def __str__(self) -> str:
        return f"{self.peer} {self.device} {self.browser}".rstrip(" ")


_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
_request_key: ContextVar[str] = ContextVar("request_key", default="")
_origin: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 - it is frozen


def seconds_left() -> float:
    """Seconds until the current deadline; `DEFAULT_SECONDS` if none is set. Negative once it has passed."""
    deadline = _deadline.get()
    return DEFAULT_SECONDS if deadline is None else deadline - monotonic()


def request_key() -> str:
    """The idempotency key of the client's request, `""` if it has none."""
    return _request_key.get()


def origin() -> Origin:
    """Where the client's request comes from; unknown for an operator's command."""
    return _origin.get()


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


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """Set where the request comes from, for the calls of the block."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def to_headers() -> dict[str, Any]:
    """The context as message headers. The deadline is sent as the seconds that are left, since clocks differ."""
    return {
        "traceparent": current_trace() or new_trace(),
        "seconds-left": seconds_left(),
        "request-key": request_key(),
        "origin": str(origin()),
    }


def enter(headers: dict[str, Any]) -> None:
    """Set the context from a caller's message headers, in a new greenlet or thread."""
    set_trace(str(headers.get("traceparent", "")))
    _deadline.set(monotonic() + float(headers.get("seconds-left", DEFAULT_SECONDS)))
    _request_key.set(str(headers.get("request-key", "")))
    _origin.set(Origin.read(str(headers.get("origin", ""))))
