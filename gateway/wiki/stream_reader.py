"""One client's way through the logs of a public stream: past events in slices, by turns with others, then new ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from time import monotonic

from contracts.common import Recorded
from contracts.errors import SpaceError
from gateway.live import sse
from gateway.live.broadcaster import Broadcaster, LogBuffer
from gateway.services import Services
from gateway.wiki.stream_messages import Position, Stream, write
from gateway.wiki.stream_texts import Present, present

LONGEST_REST = 0.25
"""In seconds."""


class Reader:
    """`standing` says where each of the client's streams stands, by `public_seq`.

    `client`: for whom its replays take turns. `now` and `rest` are the clock and what waits, in seconds.
    """

    def __init__(
        self,
        source: Broadcaster,
        api: Services,
        streams: list[Stream],
        start: Mapping[str, Position],
        base_url: str,
        client: str | None = None,
        now: Callable[[], float] = monotonic,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._source = source
        self._line = source.replays
        self._client = client or ""
        self._api = api
        self._streams = streams
        self._base_url = base_url
        self._now = now
        self._rest = rest
        self._spoke_at = now()
        self._buffers = {stream.producer: source.buffer(stream.producer) for stream in streams}
        # Asked of the logs themselves: what the event listener has not received yet would make "caught up" untrue.
        self._live_from = {producer: buffer.pull() for producer, buffer in self._buffers.items()}
        given = {stream.name: start.get(stream.name, Position()) for stream in streams}
        first = {stream.name: self._first(stream, given[stream.name]) for stream in streams}
        self.standing = {
            stream.name: Position(
                self._buffers[stream.producer].public_seq_at(first[stream.name]), given[stream.name].moment
            )
            for stream in streams
        }
        self._cursors = {
            producer: min(first[stream.name] for stream in streams if stream.producer == producer)
            for producer in self._buffers
        }

    def messages(self) -> Iterator[str]:
        """Messages and heartbeats; once a comment that says that the past has been sent.

        It ends only for a client that reads too slowly, or with the process: it can go on from its last message.
        """
        yield sse.HEARTBEAT
        caught_up = False
        while not self._source.ended:
            wakes = self._source.wakes
            pause = self._source.options.pull
            more = False
            for producer, buffer in self._buffers.items():
                try:
                    yield from self._slice(producer, buffer)
                    more = more or self._cursors[producer] < buffer.end
                except SpaceError:
                    # A service is away; the log keeps what happens meanwhile.
                    pause, more = self._source.options.retry, False
                except _TooSlow:
                    return
            if not caught_up and all(self._cursors[each] >= end for each, end in self._live_from.items()):
                caught_up = True
                yield sse.CAUGHT_UP
            heartbeat = self._source.options.heartbeat
            if self._now() - self._spoke_at >= heartbeat:
                yield self._spoken(sse.HEARTBEAT)
            if not more:
                self._source.wait(wakes, min(pause, heartbeat - (self._now() - self._spoke_at)))

    def _slice(self, producer: str, buffer: LogBuffer) -> Iterator[str]:
        """The next messages of one producer. They are held until they are sent, so they are few."""
        buffer.fill(self._source.options.pull)
        seq = self._cursors[producer]
        if seq >= buffer.end:
            return
        if seq >= self._live_from[producer] and buffer.holds(seq):
            texts = self._read(producer, buffer)
        else:
            turn = self._line.ask(self._client)
            try:
                while not turn.wait(self._source.options.heartbeat):
                    yield self._spoken(sse.HEARTBEAT)
                started = self._now()
                texts = self._read(producer, buffer)
                # As long again as the slice took: the others have half of the time, and a chance after each slice.
                self._rest(min(self._now() - started, LONGEST_REST))
            finally:
                # Before anything is sent: who reads slowly keeps nobody waiting.
                self._line.end(turn)
        offered_at = self._now()
        for text in texts:
            yield self._spoken(text)
        if self._now() - offered_at > self._source.options.slow:
            raise _TooSlow

    def _read(self, producer: str, buffer: LogBuffer) -> list[str]:
        """Read and write one slice. Raises `SpaceError` if a service is away before the first message."""
        texts: list[str] = []
        size = 0
        public: dict[tuple[str, str], Present | None] = {}
        for event in buffer.after(self._cursors[producer], self._source.options.slice):
            try:
                for text in self._messages_of(producer, event, public):
                    texts.append(text)
                    size += len(text)
            except SpaceError:
                if not texts:
                    raise
                break
            self._cursors[producer] = event.seq
            if size >= self._source.options.slice_bytes:
                break
        return texts

    def _messages_of(
        self, producer: str, event: Recorded, public: dict[tuple[str, str], Present | None]
    ) -> Iterator[str]:
        for stream in self._streams:
            if stream.producer != producer or not stream.carries(event) or event.public_seq is None:
                continue
            if event.public_seq > (self.standing[stream.name].offset or 0):
                shown = self._still_public(stream, event, public)
                if shown is None:
                    continue
                self.standing[stream.name] = Position(event.public_seq, event.occurred_at)
                yield write(stream, shown, self.standing, self._base_url)

    def _spoken(self, text: str) -> str:
        self._spoke_at = self._now()
        return text

    def _first(self, stream: Stream, position: Position) -> int:
        """The `seq` after which the stream begins."""
        buffer = self._buffers[stream.producer]
        if position.offset is not None:
            return buffer.seq_of_public(position.offset)
        if position.moment is not None:
            return buffer.seq_at(position.moment)
        return buffer.end

    def _still_public(
        self, stream: Stream, event: Recorded, public: dict[tuple[str, str], Present | None]
    ) -> Recorded | None:
        """An old event as far as it is still public (`stream_texts`); None if it isn't at all.

        `public`: what is known already, within one slice.
        """
        if event.seq > self._live_from[stream.producer] or event.type.endswith(".deleted"):
            return event  # that something is deleted says nothing of it, and whoever has a copy must know
        state = event.data[stream.kind]
        subject = (stream.kind, str(state["id"]))
        if subject not in public:
            public[subject] = present(self._api, stream.kind, state)
        known = public[subject]
        if known is None:
            return None
        return event.model_copy(update={"data": {**event.data, stream.kind: known.allowed(state)}})


class _TooSlow(Exception):
    """The client took too long to take a slice."""
