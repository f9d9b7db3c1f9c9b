"""The trace that a request carries through calls and events: a W3C traceparent."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

_trace: ContextVar[str] = ContextVar("trace", default="")


def new_trace() -> str:
    """A fresh traceparent: version 00, random trace and span, sampled."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def current_trace() -> str:
    """The traceparent of what is going on in this thread or greenlet, `""` outside of any."""
    return _trace.get()


def set_trace(trace: str) -> None:
    """Go on under `trace` in this thread or greenlet."""
    _trace.set(trace)


def begin_trace(received: str) -> str:
    """Go on under the traceparent that a client sent, or under a fresh one if it sent none that is well formed."""
    trace = received if _TRACEPARENT.fullmatch(received) else new_trace()
    _trace.set(trace)
    return trace
