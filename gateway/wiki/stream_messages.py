"""From events of the logs to messages as Wikimedia's EventStreams has them: <https://wikitech.wikimedia.org/wiki/Event_Platform>."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from contracts.blog import ArticleState
from contracts.clean import cleaned
from contracts.common import Recorded, View
from contracts.errors import invalid
from contracts.events import EventState
from contracts.forum import PostState, TopicState
from core.audience import PUBLIC
from gateway import paths
from gateway.live import sse

NUMBERING = "public"
"""Says of an offset that it counts public events alone. Those without it, from before, counted all events of a log."""


@dataclass(frozen=True)
class Stream:
    """One stream: whose log it comes from, which types, and the model of its data."""

    name: str
    producer: str
    kind: str
    state: type[View]

    def carries(self, event: Recorded) -> bool:
        """Whether the event is for this stream. What is not public never is."""
        return event.audience == PUBLIC and event.type.startswith(f"{self.producer}.{self.kind}.")


@dataclass(frozen=True)
class Position:
    """Where to go on in one stream: after an offset, or without one from a moment on."""

    offset: int | None = None
    moment: datetime | None = None


STREAMS = {
    stream.name: stream
    for stream in (
        Stream("space.article", "blog", "article", ArticleState),
        Stream("space.topic", "forum", "topic", TopicState),
        Stream("space.post", "forum", "post", PostState),
        Stream("space.event", "events", "event", EventState),
    )
}


def write(stream: Stream, event: Recorded, standing: Mapping[str, Position], base_url: str) -> str:
    """The message of an event. `standing`: where each of the connection's streams stands after it, its id.

    Each stream has its own offset and its own time, which is that of its last message: one whose producer is still
    behind goes on from there, whichever of the two a client sends back.
    """
    places = [_place(name, position) for name, position in standing.items()]
    # Through the model: a field that a newer service adds for itself is not published.
    state = stream.state.model_validate(cleaned(event.data[stream.kind]))
    data: dict[str, Any] = {
        "$schema": f"/space/{stream.kind}/1.0.0",
        "meta": {
            "stream": stream.name,
            "uri": base_url + _path(stream.kind, event.data[stream.kind]),
            "id": event.id,
            "dt": event.occurred_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "domain": urlsplit(base_url).hostname or "",
            "topic": stream.name,
            "partition": 0,
            "offset": event.public_seq,
        },
        "type": event.type,
        "subject": event.subject,
        stream.kind: state.model_dump(mode="json"),
    }
    return sse.written("message", data, json.dumps(places, separators=(",", ":")))


def _place(name: str, position: Position) -> dict[str, Any]:
    place = {"topic": name, "partition": 0, "offset": position.offset, "numbering": NUMBERING}
    if position.moment is not None:
        place["timestamp"] = int(position.moment.timestamp() * 1000)
    return place


def _path(kind: str, state: Mapping[str, Any]) -> str:
    if kind == "article":
        return paths.article_path(state["slug"])
    if kind == "topic":
        return paths.topic_path(state["id"], state["slug"])
    if kind == "post":
        return paths.post_path(state["id"])
    return paths.event_path(state["id"], state["slug"])


def positions(header: str) -> dict[str, Position]:
    """What a `Last-Event-ID` says: each stream's position. Raises `Invalid` for what is none.

    One without `numbering` goes by its time: to go by its offset would tell how many events are hidden.
    """
    try:
        given = json.loads(header)
        found = {}
        for place in given:
            offset, timestamp = place.get("offset"), place.get("timestamp")
            moment = _of_milliseconds(timestamp) if type(timestamp) is int else None
            by_time = moment is not None and place.get("numbering") != NUMBERING
            if type(offset) is int and 0 <= offset < 2**62 and not by_time:
                found[str(place["topic"])] = Position(offset, moment)
            elif moment is not None:
                found[str(place["topic"])] = Position(moment=moment)
            elif offset is not None and offset != -1:
                raise ValueError("neither offset nor timestamp")
        return found
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise invalid("Last-Event-ID", "shape-wrong") from None


def moment_of(since: str) -> datetime:
    """`since=`: an ISO 8601 time (UTC where it names no zone), or milliseconds since 1970. Raises `Invalid`."""
    try:
        if since.isascii() and since.isdigit():
            return _of_milliseconds(int(since[:20]))
        moment = datetime.fromisoformat(since)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid("since", "date-wrong") from None


def _of_milliseconds(milliseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("no moment") from error
