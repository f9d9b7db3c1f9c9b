"""The process's one ear on the bus, shared by all open streams.

What the tap says is only a hurry: each producer's tail is filled from its log where the tap left a hole, and looked
after by a slow timer. A client that reads too slowly loses nothing: what is no longer in the tail comes from the log
again.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict, deque
from datetime import datetime
from time import monotonic
from typing import cast

from flask import current_app

from contracts.common import Producer, Recorded
from contracts.errors import SpaceError, TooMany
from contracts.notify import Notified
from gateway.services import Services

log = logging.getLogger(__name__)

TAIL = 500
BOX = 20
LOOK_EVERY = 5.0
STREAMS_FOR_A_PERSON = 6
STREAMS_FOR_ALL = 500


class Tail:
    """The newest events of one producer's log, in order and without a hole."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._events: deque[Recorded] = deque(maxlen=TAIL)
        self._lock = threading.Lock()
        self._pulling = threading.Lock()
        self._hole = False
        self._looked_at = monotonic()
        self.end = producer.log_end()

    def heard(self, event: Recorded) -> None:
        """Take over an event that the tap heard. Never blocks on a call."""
        with self._lock:
            if event.seq == self.end + 1:
                self._events.append(event)
                self.end = event.seq
            elif event.seq > self.end:
                self._hole = True

    def fill(self) -> None:
        """Pull from the log what is missing, if there is a hole or nobody has looked for a while."""
        if not self._hole and monotonic() - self._looked_at < LOOK_EVERY:
            return
        if not self._pulling.acquire(blocking=False):
            return
        try:
            self._pull()
        except SpaceError as error:
            log.info("a stream waits for the log: %s", error)
        finally:
            self._pulling.release()

    def look(self) -> int:
        """Pull from the log now; answers its end. Raises when the room is away."""
        with self._pulling:
            self._pull()
            return self.end

    def _pull(self) -> None:
        self._hole = False
        self._looked_at = monotonic()
        try:
            while missed := self._producer.events_after(self.end, TAIL):
                for event in missed:
                    self.heard(event)
        except SpaceError:
            self._hole = True
            raise

    def seq_at(self, moment: datetime) -> int:
        """The `seq` after which every event of `moment` or later stands."""
        return self._producer.seq_at(moment)

    def after(self, seq: int, limit: int) -> list[Recorded]:
        """Up to `limit` events after `seq`: from memory where they are there, else from the log."""
        with self._lock:
            if seq >= self.end:
                return []
            if self._events and seq >= self._events[0].seq - 1:
                skipped = seq - self._events[0].seq + 1
                return [self._events[i] for i in range(skipped, min(skipped + limit, len(self._events)))]
        return self._producer.events_after(seq, limit)


class Box:
    """What waits for one person's page. One that is full forgets: the page then asks for the count anew."""

    def __init__(self) -> None:
        self.waiting: deque[Notified] = deque()
        self.forgot = False
        self.closed = False

    def put(self, event: Notified) -> None:
        """Keep it for the page."""
        if len(self.waiting) >= BOX:
            self.waiting.clear()
            self.forgot = True
        self.waiting.append(event)


class Broadcaster:
    """Tails, boxes, and the bell that wakes who waits."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._tails: dict[str, Tail] = {}
        self._boxes: defaultdict[str, list[Box]] = defaultdict(list)
        self._bell = threading.Condition()
        self._rung = 0
        self._open = 0
        services.listener.listen(self._handle)

    def tail(self, producer: str) -> Tail:
        """The tail of a producer's log, kept from the first time that somebody asks for it."""
        tail = self._tails.get(producer)
        if tail is None:
            made = Tail(cast(Producer, getattr(self._services, producer)))
            tail = self._tails.setdefault(producer, made)
        return tail

    @property
    def rung(self) -> int:
        """How often the bell has rung: to be read before looking, and handed to `wait`."""
        return self._rung

    def wait(self, rung: int, seconds: float) -> None:
        """Wait until the bell has rung since, at most `seconds`."""
        with self._bell:
            self._bell.wait_for(lambda: self._rung != rung, seconds)

    def enter(self, person_id: str | None = None) -> Box:
        """Open a stream. Raises `TooMany`. Each needs its `leave`.

        A person's newest pages win: those left behind by going to another page are only noticed when something is
        sent to them, so beyond the limit the oldest is closed rather than the newest refused.
        """
        if self._open >= STREAMS_FOR_ALL:
            raise TooMany("streams-too-many", params={"seconds": 60})
        box = Box()
        if person_id is not None:
            mine = self._boxes[person_id]
            if len(mine) >= STREAMS_FOR_A_PERSON:
                mine.pop(0).closed = True
                self._ring()
            mine.append(box)
        self._open += 1
        return box

    def leave(self, box: Box, person_id: str | None = None) -> None:
        """Close a stream."""
        self._open -= 1
        if person_id is not None:
            if box in self._boxes[person_id]:
                self._boxes[person_id].remove(box)
            if not self._boxes[person_id]:
                del self._boxes[person_id]

    def _handle(self, event: Recorded) -> None:
        tail = self._tails.get(event.producer)
        if tail is not None:
            tail.heard(event)
        if event.type == Notified.type:
            notified = Notified.model_validate(event.data)
            for box in list(self._boxes.get(notified.person_id, ())):
                box.put(notified)
        self._ring()

    def _ring(self) -> None:
        with self._bell:
            self._rung += 1
            self._bell.notify_all()


_making = threading.Lock()


def broadcaster() -> Broadcaster:
    """The application's hub, made when the first stream is opened."""
    with _making:
        if "space.broadcaster" not in current_app.extensions:
            current_app.extensions["space.broadcaster"] = Broadcaster(
                current_app.extensions["space.services"]
            )
        return cast(Broadcaster, current_app.extensions["space.broadcaster"])
