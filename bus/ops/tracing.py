"""The trace of a request, passed on with calls and events as `traceparent` (W3C Trace Context)."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

_trace: ContextVar[str] = ContextVar("trace", default="")


def new_trace() -> str:
    """A new traceparent: version 00, random trace-id and parent-id, sampled."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def current_trace() -> str:
    """The traceparent of this thread or greenlet, `""` if it has none."""
    return _trace.get()


def set_trace(trace: str) -> None:
    """Set the traceparent of this thread or greenlet."""
    _trace.set(trace)


def begin_trace(received: str) -> str:
    """Set and return the traceparent for a client's request: the one that it sent if that is valid, else a new one."""
    trace = received if _TRACEPARENT.fullmatch(received) else new_trace()
    _trace.set(trace)
    return trace
