"""Server-sent events: how a message is written, and the answer that carries them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response

HEARTBEAT = ":ok\n\n"
"""A comment: it keeps proxies from closing the connection, and shows us that nobody is there any more."""

CAUGHT_UP = ":caught-up\n\n"
"""A comment: all that was in the logs when the stream was opened has been sent. Who only wants that may close it."""

LATER = "retry: 60000\n\n"
"""Asks the browser to connect again in a minute rather than at once."""


def written(event: str, data: Any, id: str | None = None) -> str:
    """One event with JSON data, on one line as JSON is."""
    head = f"event: {event}\n" if id is None else f"event: {event}\nid: {id}\n"
    return f"{head}data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"


def stream_response(messages: Iterator[str], closed: Callable[[], None]) -> Response:
    """The open stream; `closed` is called when it ends, whoever ends it and even if it never began."""
    response = Response((text.encode() for text in messages), content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    # nginx gathers answers unless it is told not to.
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(closed)
    return response
