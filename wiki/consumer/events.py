"""Events as the broker and as the streams send them."""

from __future__ import annotations

import json
import logging
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

log = logging.getLogger(__name__)

SILENCE_SECONDS = 60.0
"""A stream gives a sign of life four times a minute; one that is silent for so long has broken."""
CAUGHT_UP = ":caught-up"
"""The comment with which a stream says that it has told all that was in the log when it was opened."""


@dataclass(frozen=True)
class ReceivedEvent:
    """One event, by whichever way it came. `id` is the same on both."""

    id: str
    type: str
    subject: str
    time: str
    body: str


def from_queue(body: bytes) -> ReceivedEvent | None:
    """A CloudEvent from the broker; None for what is none, or is of a form that we don't know."""
    try:
        event = json.loads(body)
        if event["specversion"] != "1.0":
            raise ValueError("no CloudEvent 1.0")
        return ReceivedEvent(event["id"], event["type"], event["subject"], event["time"], body.decode())
    except (KeyError, TypeError, ValueError) as error:
        log.warning("passed over a message: %s", error)
        return None


def stream(url: str, since: datetime, silence: float = SILENCE_SECONDS) -> Iterator[ReceivedEvent]:
    """Events from `since` until now, oldest first. Raises OSError when the stream breaks, or is silent for
    `silence` seconds, before it has sent all."""
    moment = since.astimezone(UTC).isoformat().replace("+00:00", "Z")
    request = urllib.request.Request(
        f"{url}?since={urllib.parse.quote(moment)}",
        headers={"Accept": "text/event-stream", "User-Agent": "space-consumer-example/1"},
    )
    data: list[str] = []
    with urllib.request.urlopen(request, timeout=silence) as answer:
        for line in answer:
            text = line.decode().rstrip("\r\n")
            if text.startswith("data:"):
                data.append(text.removeprefix("data:").removeprefix(" "))
            elif text == "" and data:
                yield from_stream("\n".join(data))
                data.clear()
            elif text == CAUGHT_UP:
                return
    raise ConnectionError("the stream ended before it had told all")


def from_stream(text: str) -> ReceivedEvent:
    """An event of the stream, as EventStreams shape it: what it is about stands in `meta`."""
    event = json.loads(text)
    meta = event["meta"]
    return ReceivedEvent(
        meta["id"], event.get("type", meta["stream"]), event.get("subject", ""), meta["dt"], text
    )
