"""Events as the broker and as the streams send them."""

from __future__ import annotations

import json
import logging
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

log = logging.getLogger(__name__)

QUIET_SECONDS = 10.0
"""A stream that has been silent for so long has told all that was before."""


@dataclass(frozen=True)
class Heard:
    """One event, by whichever way it came. `id` is the same on both."""

    id: str
    type: str
    subject: str
    time: str
    body: str


def from_queue(body: bytes) -> Heard | None:
    """A CloudEvent from the broker; None for what is none, or is of a form that we don't know."""
    try:
        event = json.loads(body)
        if event["specversion"] != "1.0":
            raise ValueError("no CloudEvent 1.0")
        return Heard(event["id"], event["type"], event["subject"], event["time"], body.decode())
    except (KeyError, TypeError, ValueError) as error:
        log.warning("passed over a message: %s", error)
        return None


def stream(url: str, since: datetime) -> Iterator[Heard]:
    """Events from `since` on, oldest first, until the stream has been quiet for a while."""
    moment = since.astimezone(UTC).isoformat().replace("+00:00", "Z")
    request = urllib.request.Request(
        f"{url}?since={urllib.parse.quote(moment)}",
        headers={"Accept": "text/event-stream", "User-Agent": "space-consumer-example/1"},
    )
    data: list[str] = []
    heard_at = time.monotonic()
    with urllib.request.urlopen(request, timeout=QUIET_SECONDS) as answer:
        try:
            for line in answer:
                text = line.decode().rstrip("\r\n")
                if text.startswith("data:"):
                    data.append(text.removeprefix("data:").removeprefix(" "))
                elif text == "" and data:
                    heard_at = time.monotonic()
                    yield from_stream("\n".join(data))
                    data.clear()
                elif time.monotonic() - heard_at > QUIET_SECONDS:  # nothing but signs of life
                    return
        except TimeoutError:
            return
    # The server may not end a stream: it broke, and we can't tell where.
    raise ConnectionError("the stream ended")


def from_stream(text: str) -> Heard:
    """An event of the stream, as EventStreams shape it: what it is about stands in `meta`."""
    event = json.loads(text)
    meta = event["meta"]
    return Heard(meta["id"], event.get("type", meta["stream"]), event.get("subject", ""), meta["dt"], text)
