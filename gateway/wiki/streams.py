"""`/v2/stream/<names>`: what is public, as it happens, for clients made for Wikimedia's EventStreams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from time import monotonic

from flask import Blueprint, Response, request

from contracts.common import Recorded
from contracts.errors import NotFound, SpaceError
from core.audience import STRANGER
from gateway.live import sse
from gateway.live.broadcaster import Broadcaster, LogBuffer, broadcaster
from gateway.request_context import services, settings
from gateway.services import Services
from gateway.wiki.stream_messages import STREAMS, Position, Stream, moment_of, positions, write

blueprint = Blueprint("streams", __name__)


@blueprint.get("/v2/stream/<names>")
def stream(names: str) -> Response:
    wanted = list(dict.fromkeys(names.split(",")))
    if not all(name in STREAMS for name in wanted):
        raise NotFound
    streams = [STREAMS[name] for name in wanted]
    source = broadcaster()
    reader = Reader(source, services(), streams, _from_where(streams), settings().base_url)
    mailbox = source.enter()
    response = sse.stream_response(reader.messages(), lambda: source.leave(mailbox))
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
    """One client's way through the logs. `offsets` say where each of its streams stands, by `public_seq`."""

    def __init__(
        self,
        source: Broadcaster,
        api: Services,
        streams: list[Stream],
        start: Mapping[str, Position],
        base_url: str,
    ) -> None:
        self._source = source
        self._api = api
        self._streams = streams
        self._base_url = base_url
        self._buffers = {stream.producer: source.buffer(stream.producer) for stream in streams}
        # Asked of the logs themselves: what the event listener has not received yet would make "caught up" untrue.
        self._live_from = {producer: buffer.pull() for producer, buffer in self._buffers.items()}
        first = {stream.name: self._first(stream, start.get(stream.name, Position())) for stream in streams}
        self.offsets = {
            stream.name: self._buffers[stream.producer].public_seq_at(first[stream.name])
            for stream in streams
        }
        self._cursors = {
            producer: min(first[stream.name] for stream in streams if stream.producer == producer)
            for producer in self._buffers
        }

    def messages(self) -> Iterator[str]:
        """Messages and heartbeats, without end; once a comment that says that the past has been sent."""
        yield sse.HEARTBEAT
        spoke_at = monotonic()
        caught_up = False
        while True:
            wakes = self._source.wakes
            pause = self._source.options.pull
            more = False
            for producer, buffer in self._buffers.items():
                try:
                    for text in self._step(producer, buffer):
                        yield text
                        spoke_at = monotonic()
                    more = more or self._cursors[producer] < buffer.end
                except SpaceError:
                    # A service is away; the log keeps what happens meanwhile.
                    pause, more = self._source.options.retry, False
            if not caught_up and all(self._cursors[each] >= end for each, end in self._live_from.items()):
                caught_up = True
                yield sse.CAUGHT_UP
            if monotonic() - spoke_at >= self._source.options.heartbeat:
                yield sse.HEARTBEAT
                spoke_at = monotonic()
            if not more:
                self._source.wait(
                    wakes, min(pause, self._source.options.heartbeat - (monotonic() - spoke_at))
                )

    def _step(self, producer: str, buffer: LogBuffer) -> Iterator[str]:
        buffer.fill(self._source.options.pull)
        for event in buffer.after(self._cursors[producer], self._source.options.batch):
            for stream in self._streams:
                if (
                    stream.producer == producer
                    and stream.carries(event)
                    and event.public_seq is not None
                    and event.public_seq > self.offsets[stream.name]
                ):
                    if not self._still_public(stream, event):
                        continue
                    self.offsets[stream.name] = event.public_seq
                    yield write(stream, event, self.offsets, self._base_url)
            self._cursors[producer] = event.seq

    def _first(self, stream: Stream, position: Position) -> int:
        """The `seq` after which the stream begins."""
        buffer = self._buffers[stream.producer]
        if position.offset is not None:
            return buffer.seq_of_public(position.offset)
        if position.moment is not None:
            return buffer.seq_at(position.moment)
        return buffer.end

    def _still_public(self, stream: Stream, event: Recorded) -> bool:
        """Whether what an old event is about is still public: a log keeps what was since deleted or taken back."""
        if event.seq > self._live_from[stream.producer] or event.type.endswith(".deleted"):
            return True  # that something is deleted says nothing of it, and whoever has a copy must know
        id = str(event.data[stream.kind]["id"])
        try:
            if stream.kind == "article":
                self._api.blog.article(STRANGER, id, None)
            elif stream.kind == "topic":
                self._api.forum.topic(STRANGER, id, None)
            elif stream.kind == "post":
                return not self._api.forum.post(STRANGER, id).deleted
            else:
                self._api.events.event(STRANGER, id, None, None)
        except NotFound:
            return False
        return True
