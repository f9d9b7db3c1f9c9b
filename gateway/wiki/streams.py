"""`/v2/stream/<names>`: what is public, as it happens, for clients made for Wikimedia's EventStreams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from time import monotonic

from flask import Blueprint, Response, request

from contracts.common import Recorded
from contracts.errors import NotFound, SpaceError
from core.audience import STRANGER
from gateway.live import sse
from gateway.live.broadcaster import LOOK_EVERY, Broadcaster, Tail, broadcaster
from gateway.request_context import services, settings
from gateway.services import Services
from gateway.wiki.stream_messages import STREAMS, Position, Stream, moment_of, positions, write

blueprint = Blueprint("streams", __name__)

_BATCH = 100
_RETRY = 2.0


@blueprint.get("/v2/stream/<names>")
def stream(names: str) -> Response:
    wanted = list(dict.fromkeys(names.split(",")))
    if not all(name in STREAMS for name in wanted):
        raise NotFound
    streams = [STREAMS[name] for name in wanted]
    ear = broadcaster()
    reader = Reader(ear, services(), streams, _from_where(streams), settings().base_url)
    box = ear.enter()
    response = sse.answer(reader.messages(), lambda: ear.leave(box))
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _from_where(streams: list[Stream]) -> dict[str, Position]:
    """By stream; what is missing begins now. A `Last-Event-ID` goes before `since`: browsers keep the address."""
    header = request.headers.get("Last-Event-ID", "")
    if header:
        return positions(header)
    since = request.args.get("since", "")
    return {stream.name: Position(moment=moment_of(since)) for stream in streams} if since else {}


class Reader:
    """One client's way through the logs. `offsets` say where each of its streams stands."""

    def __init__(
        self,
        ear: Broadcaster,
        rooms: Services,
        streams: list[Stream],
        start: Mapping[str, Position],
        base_url: str,
    ) -> None:
        self._ear = ear
        self._rooms = rooms
        self._streams = streams
        self._base_url = base_url
        self._tails = {stream.producer: ear.tail(stream.producer) for stream in streams}
        # Asked of the logs themselves: what the tap has not heard yet would make "caught up" a lie.
        self._live_from = {producer: tail.look() for producer, tail in self._tails.items()}
        self.offsets = {
            stream.name: self._first(stream, start.get(stream.name, Position())) for stream in streams
        }
        self._cursors = {
            producer: min(self.offsets[stream.name] for stream in streams if stream.producer == producer)
            for producer in self._tails
        }

    def messages(self) -> Iterator[str]:
        """Messages and heartbeats, without end; once a comment that says that the past has been told."""
        yield sse.HEARTBEAT
        spoke_at = monotonic()
        caught_up = False
        while True:
            rung = self._ear.rung
            pause = LOOK_EVERY
            more = False
            for producer, tail in self._tails.items():
                try:
                    for text in self._step(producer, tail):
                        yield text
                        spoke_at = monotonic()
                    more = more or self._cursors[producer] < tail.end
                except SpaceError:
                    # A room is away; the log keeps what happens meanwhile.
                    pause, more = _RETRY, False
            if not caught_up and all(self._cursors[each] >= end for each, end in self._live_from.items()):
                caught_up = True
                yield sse.CAUGHT_UP
            if monotonic() - spoke_at >= sse.HEARTBEAT_EVERY:
                yield sse.HEARTBEAT
                spoke_at = monotonic()
            if not more:
                self._ear.wait(rung, pause)

    def _step(self, producer: str, tail: Tail) -> Iterator[str]:
        tail.fill()
        for event in tail.after(self._cursors[producer], _BATCH):
            for stream in self._streams:
                if (
                    stream.producer == producer
                    and event.seq > self.offsets[stream.name]
                    and stream.tells(event)
                ):
                    if not self._still_public(stream, event):
                        continue
                    self.offsets[stream.name] = event.seq
                    yield write(stream, event, self.offsets, self._base_url)
            self._cursors[producer] = event.seq

    def _first(self, stream: Stream, position: Position) -> int:
        tail = self._tails[stream.producer]
        if position.offset is not None:
            return min(position.offset, tail.end)
        if position.moment is not None:
            return tail.seq_at(position.moment)
        return tail.end

    def _still_public(self, stream: Stream, event: Recorded) -> bool:
        """Whether what an old event tells of may still be told: a log keeps what was since deleted or withdrawn."""
        if event.seq > self._live_from[stream.producer]:
            return True
        id = str(event.data[stream.kind]["id"])
        try:
            if stream.kind == "article":
                self._rooms.blog.article(STRANGER, id, None)
            elif stream.kind == "topic":
                self._rooms.forum.topic(STRANGER, id, None)
            elif stream.kind == "post":
                return not self._rooms.forum.post(STRANGER, id).deleted or bool(event.data["post"]["deleted"])
            else:
                self._rooms.events.event(STRANGER, id, None, None)
        except NotFound:
            return False
        return True
