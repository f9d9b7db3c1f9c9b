"""Receives events from the bus once for the process and hands them to all open streams.

The event listener only makes it fast: each producer's log buffer is filled from its log where an event is missing, and
checked by a slow timer. A client that reads too slowly loses nothing: what is no longer buffered is read from the log.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict, deque
from datetime import datetime
from time import monotonic
from typing import cast

from flask import Flask, current_app

from contracts.common import Producer, Recorded
from contracts.errors import SpaceError, TooMany
from contracts.notify import Notified, PeopleNotified
from contracts.people import SessionEnded
from core.audience import PUBLIC
from gateway.live.options import LiveOptions
from gateway.live.places import SECONDS_TO_WAIT, Places
from gateway.live.replays import ReplayLine
from gateway.services import Services

log = logging.getLogger(__name__)


class LogBuffer:
    """The newest events of one producer's log, in order and without a gap."""

    def __init__(self, producer: Producer, size: int) -> None:
        self._producer = producer
        self._size = size
        self._events: deque[Recorded] = deque(maxlen=size)
        self._lock = threading.Lock()
        self._pulling = threading.Lock()
        self._gap = False
        self._pulled_at = monotonic()
        self.end = producer.log_end()

    def add(self, event: Recorded) -> None:
        """Add an event that the event listener received. Never blocks on a call."""
        with self._lock:
            if event.audience == PUBLIC and event.public_seq is None:
                self._gap = True  # published by an earlier release; the log has its number
            elif event.seq == self.end + 1:
                self._events.append(event)
                self.end = event.seq
            elif event.seq > self.end:
                self._gap = True

    def fill(self, pull_seconds: float) -> None:
        """Pull from the log what is missing, if there is a gap or the last pull is `pull_seconds` ago."""
        if not self._gap and monotonic() - self._pulled_at < pull_seconds:
            return
        if not self._pulling.acquire(blocking=False):
            return
        try:
            self._pull()
        except SpaceError as error:
            log.info("a stream waits for the log: %s", error)
        finally:
            self._pulling.release()

    def pull(self) -> int:
        """Pull from the log now; returns its end. Raises when the service is away."""
        with self._pulling:
            self._pull()
            return self.end

    def _pull(self) -> None:
        self._gap = False
        self._pulled_at = monotonic()
        try:
            while missed := self._producer.events_after(self.end, self._size):
                for event in missed:
                    self.add(event)
        except SpaceError:
            self._gap = True
            raise

    def seq_at(self, moment: datetime) -> int:
        """The `seq` after which every event of `moment` or later stands."""
        return self._producer.seq_at(moment)

    def seq_of_public(self, public_seq: int) -> int:
        """The `seq` of a public event; the log's end for a number that none has yet."""
        return min(self._producer.seq_of_public(public_seq), self.end)

    def public_seq_at(self, seq: int) -> int:
        """The number of public events up to `seq`."""
        return self._producer.public_seq_at(seq)

    def holds(self, seq: int) -> bool:
        """Whether the events after `seq` are in memory, so that they need not be read from the log."""
        with self._lock:
            return seq >= self.end or (bool(self._events) and seq >= self._events[0].seq - 1)

    def after(self, seq: int, limit: int) -> list[Recorded]:
        """Up to `limit` events after `seq`: from memory where they are there, else from the log."""
        with self._lock:
            if seq >= self.end:
                return []
            if self._events and seq >= self._events[0].seq - 1:
                skipped = seq - self._events[0].seq + 1
                return [self._events[i] for i in range(skipped, min(skipped + limit, len(self._events)))]
        return self._producer.events_after(seq, limit)


class Mailbox:
    """Events that wait for one open page of a person. A full mailbox drops them: the page then reads the count anew."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.waiting: deque[Notified] = deque()
        self.dropped = False
        self.closed = False
        self.doubted = False
        """A session of the person has ended: was it the stream's?"""

    def put(self, event: Notified) -> None:
        """Add an event, dropping all that wait if there are too many."""
        if len(self.waiting) >= self._size:
            self.waiting.clear()
            self.dropped = True
        self.waiting.append(event)


class Broadcaster:
    """Log buffers, mailboxes, places of streams, and the condition on which open streams wait for new events.

    Pages of people (`/live`, by `enter`) and public streams (`streams`) have places of their own, so that none of one
    kind takes those of the other.
    """

    def __init__(self, services: Services, options: LiveOptions) -> None:
        self.use(options)
        self._services = services
        self._buffers: dict[str, LogBuffer] = {}
        self._mailboxes: defaultdict[str, list[Mailbox]] = defaultdict(list)
        self._woken = threading.Condition()
        self._wakes = 0
        self._open = 0
        self.ended = False
        """Whether this process stops: every stream ends, and its client connects to another."""
        services.listener.listen(self._handle)

    def use(self, options: LiveOptions) -> None:
        """Use these options for what is opened from now on."""
        self.options = options
        self.streams = Places(options.streams_for_all, options.streams_of_each, options.streams_for_people)
        self.replays = ReplayLine(options.replays)

    def buffer(self, producer: str) -> LogBuffer:
        """The buffer of a producer's log, made when it is first needed."""
        buffer = self._buffers.get(producer)
        if buffer is None:
            made = LogBuffer(cast(Producer, getattr(self._services, producer)), self.options.buffered_events)
            buffer = self._buffers.setdefault(producer, made)
        return buffer

    @property
    def wakes(self) -> int:
        """How often streams were woken: to be read before looking for events, and passed to `wait`."""
        return self._wakes

    def wait(self, wakes: int, seconds: float) -> None:
        """Wait until streams are woken again after `wakes`, at most `seconds`."""
        with self._woken:
            self._woken.wait_for(lambda: self._wakes != wakes, seconds)

    def end(self) -> None:
        """End all streams."""
        self.ended = True
        self._wake()

    def enter(self, person_id: str) -> Mailbox:
        """Open a stream of a person. Raises `TooMany`. Each needs its `leave`.

        A person's newest pages win: those left behind by going to another page are only noticed when something is
        sent to them, so beyond the limit the oldest is closed rather than the newest refused.
        """
        if self._open >= self.options.pages_for_all:
            raise TooMany("streams-too-many", params={"seconds": SECONDS_TO_WAIT})
        mailbox = Mailbox(self.options.mailbox_events)
        mine = self._mailboxes[person_id]
        if len(mine) >= self.options.pages_of_a_person:
            mine.pop(0).closed = True
            self._wake()
        mine.append(mailbox)
        self._open += 1
        return mailbox

    def leave(self, mailbox: Mailbox, person_id: str) -> None:
        """Close a stream of a person."""
        self._open -= 1
        if mailbox in self._mailboxes[person_id]:
            self._mailboxes[person_id].remove(mailbox)
        if not self._mailboxes[person_id]:
            del self._mailboxes[person_id]

    def _handle(self, event: Recorded) -> None:
        buffer = self._buffers.get(event.producer)
        if buffer is not None:
            buffer.add(event)
        if event.type == Notified.type:
            notified = Notified.model_validate(event.data)
            for mailbox in list(self._mailboxes.get(notified.person_id, ())):
                mailbox.put(notified)
        elif event.type == PeopleNotified.type:
            for person_id in event.data["person_ids"]:
                for mailbox in list(self._mailboxes.get(person_id, ())):
                    mailbox.dropped = True
        elif event.type == SessionEnded.type:
            for mailbox in list(self._mailboxes.get(event.data["person_id"], ())):
                mailbox.doubted = True
        self._wake()

    def _wake(self) -> None:
        with self._woken:
            self._wakes += 1
            self._woken.notify_all()


_making = threading.Lock()


def end_streams(app: Flask) -> None:
    """End the streams of an application that stops, so that nobody waits for them."""
    with app.app_context():
        broadcaster().end()


def broadcaster() -> Broadcaster:
    """The application's broadcaster, made when the first stream is opened."""
    with _making:
        if "space.broadcaster" not in current_app.extensions:
            current_app.extensions["space.broadcaster"] = Broadcaster(
                current_app.extensions["space.services"], LiveOptions()
            )
        return cast(Broadcaster, current_app.extensions["space.broadcaster"])
