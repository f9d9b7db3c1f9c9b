"""The relay: hands a service's log to the broker, in order, as soon as it is written and as often as it takes."""

from __future__ import annotations

import logging
import random
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

import eventlet
from eventlet import patcher
from eventlet.green import select as green_select
from nameko.extensions import SharedExtension
from sqlalchemy import insert, select, text, update

from bus.eventlog.append import CHANNEL
from bus.eventlog.read import events_after
from bus.eventlog.schema import relay_mark
from bus.ops.fault_points import fault_point
from bus.transport.amqp import Outgoing, Publisher, internal_exchange, public_exchange
from contracts.common import Recorded
from core.audience import PUBLIC
from core.database import Database

log = logging.getLogger(__name__)

BATCH = 500
WINDOW = 2000
"""Messages that may wait for the broker's word while more are sent."""
MARK_EVERY = 0.5
LOOK_EVERY = 5.0
"""For what another process wrote into an SQLite file, and for a notification of PostgreSQL's that got lost."""
RELAY_LOCK = 7_223_002
_MARK = "broker"


class Relay:
    """Publishes one service's log. Of several relays of a service one leads; the others wait for its place.

    It does not wait for the broker's word on one batch before it sends the next. What has been confirmed is marked a
    little later; after a crash some events go out again, which subscribers don't mind.
    """

    def __init__(self, producer: str, database: Database, bus_url: str) -> None:
        self._producer = producer
        self._database = database
        self._publisher = Publisher(bus_url)
        self._public = public_exchange(producer).name
        self._inside = internal_exchange(producer).name
        self._sent = 0
        self._on_the_way: deque[tuple[int, int]] = deque()
        """Batches without the broker's word: how many messages were sent with it, and its last `seq`."""
        self._confirmed = 0
        self._marked = 0
        self._marked_at = 0.0

    def start_position(self) -> None:
        """Read from where to go on."""
        with self._database.reading() as session:
            seq = session.execute(select(relay_mark.c.seq).where(relay_mark.c.name == _MARK)).scalar()
        self._sent = self._confirmed = self._marked = seq or 0
        self._publisher.declare(public_exchange(self._producer), internal_exchange(self._producer))

    def step(self) -> int:
        """Publish the next batch; answers how many events it held. Raises when the broker is away."""
        with self._database.reading() as session:
            events = events_after(session, self._producer, self._sent, BATCH)
        if events:
            fault_point("relay.before-publish")
            self._publisher.send([self._message(event) for event in events])
            self._sent = events[-1].seq
            self._on_the_way.append((self._publisher.sent, self._sent))
            self._publisher.wait_for_confirms(WINDOW)
            fault_point("relay.after-publish")
        self.hear()
        return len(events)

    def hear(self) -> Any:
        """Take the broker's word as far as it has given it, and mark it now and then; answers what to listen to for
        more, None when it owes none."""
        self._publisher.process_confirms()
        while self._on_the_way and self._on_the_way[0][0] <= self._publisher.settled:
            self._confirmed = self._on_the_way.popleft()[1]
        if refused := self._publisher.take_refused():
            # All other queues have them. A room that missed one sees the gap and pulls, so there is no need to hold
            # everybody up for the one queue: an outsider's that is full and said to refuse, most likely.
            log.warning("the log of %s: a queue refused %d messages", self._producer, refused)
        if monotonic() - self._marked_at > MARK_EVERY:
            self.mark()
        return self._publisher.socket if self._on_the_way else None

    @property
    def unmarked(self) -> bool:
        """Whether something has been confirmed since the last mark."""
        return self._confirmed != self._marked

    def mark(self) -> None:
        """Keep how far the broker has confirmed."""
        self._marked_at = monotonic()
        if not self.unmarked:
            return
        with self._database.writing() as session:
            changed: Any = session.execute(
                update(relay_mark).where(relay_mark.c.name == _MARK).values(seq=self._confirmed)
            )
            if changed.rowcount == 0:
                session.execute(insert(relay_mark).values(name=_MARK, seq=self._confirmed))
        fault_point("relay.after-mark")
        self._marked = self._confirmed

    def close(self) -> None:
        """Hear of the last batches, mark them, and let go of the broker."""
        self._publisher.wait_for_confirms(0)
        self.hear()
        self.mark()
        self._publisher.close()

    def drop(self) -> None:
        """Let go of a broker that may not hear it."""
        self._publisher.drop()

    def _message(self, event: Recorded) -> Outgoing:
        return Outgoing(
            exchange=self._public if event.audience == PUBLIC else self._inside,
            routing_key=event.type,
            body=event.cloud_event(),
            properties={"message_id": event.id, "type": event.type},
        )


# eventlet's read and write give way to other greenlets first; these never wait.
_os = patcher.original("os")


def _close_both(one: int, other: int) -> None:
    _os.close(one)
    _os.close(other)


class Waker:
    """Wakes one waiter from anywhere in the process; a pipe, so that it can wait for a socket as well."""

    def __init__(self) -> None:
        self._read, self._write = _os.pipe()
        _os.set_blocking(self._read, False)
        _os.set_blocking(self._write, False)
        self._close = weakref.finalize(self, _close_both, self._read, self._write)

    def wake(self) -> None:
        """Wake the waiter, now or when it next waits."""
        with suppress(BlockingIOError):
            _os.write(self._write, b".")

    def wait(self, seconds: float, *others: Any) -> list[Any]:
        """Wait until it rings, one of `others` can be read, or `seconds` are over; answers those of `others`."""
        ready, _, _ = green_select.select([self._read, *others], [], [], seconds)
        if self._read in ready:
            _os.read(self._read, 4096)
            ready.remove(self._read)
        return list(ready)


class LogRelay(SharedExtension):  # type: ignore[misc]
    """Runs the relay inside the service's container."""

    def setup(self) -> None:
        self._database: Database = self.container.config["resources"].database
        self._waker = Waker()
        self._stopping = False
        self._database.after_write.append(self._waker.wake)

    def start(self) -> None:
        self._thread = self.container.spawn_managed_thread(self._run, identifier="relay")

    def stop(self) -> None:
        self._stopping = True
        self._waker.wake()
        self._thread.wait()

    def kill(self) -> None:
        self._stopping = True

    def _run(self) -> None:
        while not self._stopping:
            try:
                if self._database.sqlite:
                    self._relay(lambda: None)
                else:
                    self._lead()
            except Exception as error:
                if not self._stopping:
                    log.warning("the relay of %s stopped: %s", self.container.service_name, error)
                    eventlet.sleep(random.uniform(0.3, 1.0))

    def _relay(self, check: Callable[[], None], *others: Any) -> None:
        """Publish until stopped. `others` tell of new events as the bell does; `check` is asked when it was quiet."""
        relay = Relay(self.container.service_name, self._database, self.container.config["settings"].bus_url)
        try:
            relay.start_position()
            while not self._stopping:
                if not relay.step():
                    self._wait(relay, others)
                    check()
            relay.close()
        except BaseException:
            relay.drop()
            raise

    def _wait(self, relay: Relay, others: Sequence[Any]) -> None:
        """Wait for something to publish, and meanwhile for the broker's word on what was."""
        while True:
            broker = relay.hear()
            seconds = MARK_EVERY if broker or relay.unmarked else LOOK_EVERY
            listened = [*others, broker] if broker else others
            if self._waker.wait(seconds, *listened) != [broker]:
                return

    def _lead(self) -> None:
        """Be the leader, or wait to be. The lock goes with its connection, so a dead leader's place is free at once."""
        with self._database.engine.connect() as connection:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            while not self._stopping:
                if connection.execute(
                    text("SELECT pg_try_advisory_lock(:key)"), {"key": RELAY_LOCK}
                ).scalar():
                    break
                self._waker.wait(0.5)
            else:
                return
            try:
                connection.exec_driver_sql(f"LISTEN {CHANNEL}")
                raw: Any = connection.connection.driver_connection

                def check() -> None:
                    # Asking also tells whether the lock's connection still lives.
                    connection.exec_driver_sql("SELECT 1")
                    raw.notifies.clear()

                self._relay(check, raw)
            finally:
                connection.invalidate()
