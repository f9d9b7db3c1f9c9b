"""The relay: publishes a service's event log to RabbitMQ, in order and at least once (transactional outbox pattern)."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

import eventlet
from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from bus.eventlog.append import CHANNEL, may_have_grown
from bus.eventlog.read import events_after
from bus.eventlog.schema import relay_offset
from bus.eventlog.waker import CommitNotifications, Waker, own_connection
from bus.ops.fault_points import fault_point
from bus.retry.backoff import Backoff
from bus.transport.amqp.connection import internal_exchange, public_exchange
from bus.transport.amqp.publisher import Outgoing, Publisher
from contracts.common import Recorded
from core.audience import PUBLIC
from core.database import Database

log = logging.getLogger(__name__)

BATCH = 500
WINDOW = 2000
"""The most messages that may be unconfirmed when the next batch is sent."""
SAVE_SECONDS = 0.5
POLL_SECONDS = 5.0
"""How often the log is read without a notification: another process may have written to the SQLite file."""
GATHER_SECONDS = 0.05
GATHER_FACTOR = 4.0
"""After a batch the relay waits for more events, four times as long as the batch took, and no longer than this."""
TAKE_OVER_SECONDS = 0.5
RELAY_LOCK = 7_223_002
_NAME = "broker"


class Relay:
    """Publishes one service's log over one connection.

    It sends the next batch before the last one is confirmed. The offset up to which the broker has confirmed is saved
    every `SAVE_SECONDS`. So some events are published again after a crash, which subscribers ignore.
    """

    def __init__(self, producer: str, database: Database, bus_url: str) -> None:
        self._producer = producer
        self._database = database
        self._publisher = Publisher(bus_url)
        self._public = public_exchange(producer).name
        self._internal = internal_exchange(producer).name
        self._sent = 0
        self._unconfirmed: deque[tuple[int, int]] = deque()
        """For each batch: the total of messages sent up to its end, and its last `seq`."""
        self._confirmed = 0
        self._saved = 0
        self._saved_at = 0.0

    def start(self) -> None:
        """Read the saved offset, and declare the exchanges. Raises kombu's or the socket's error."""
        with self._database.reading() as session:
            seq = session.execute(select(relay_offset.c.seq).where(relay_offset.c.name == _NAME)).scalar()
        self._sent = self._confirmed = self._saved = seq or 0
        self._publisher.declare(public_exchange(self._producer), internal_exchange(self._producer))

    def step(self) -> int:
        """Publish the next batch and return its number of events. Raises kombu's or the socket's error."""
        with self._database.reading_one() as session:
            events = events_after(session, self._producer, self._sent, BATCH)
        if events:
            fault_point("relay.before-publish")
            self._publisher.send([message for event in events for message in self._messages(event)])
            self._sent = events[-1].seq
            self._unconfirmed.append((self._publisher.sent, self._sent))
            self._publisher.wait_for_confirms(WINDOW)
            fault_point("relay.after-publish")
        self.process_confirms()
        return len(events)

    def process_confirms(self) -> Any:
        """Process the confirms that have arrived, and save the offset if it is time.

        Returns the socket on which more confirms will arrive, None if everything is confirmed.
        """
        self._publisher.process_confirms()
        while self._unconfirmed and self._unconfirmed[0][0] <= self._publisher.confirmed:
            self._confirmed = self._unconfirmed.popleft()[1]
        if refused := self._publisher.take_refused():
            # The other queues have them; a subscriber that missed one finds the gap and pulls. Waiting would delay all
            # subscribers for one queue, most likely a full one of an outside consumer.
            log.warning("the log of %s: a queue refused %d messages", self._producer, refused)
        if monotonic() - self._saved_at > SAVE_SECONDS:
            self.save()
        return self._publisher.socket if self._unconfirmed else None

    @property
    def unsaved(self) -> bool:
        """Whether something has been confirmed since the offset was last saved."""
        return self._confirmed != self._saved

    def save(self) -> None:
        """Save up to which `seq` the broker has confirmed."""
        self._saved_at = monotonic()
        if not self.unsaved:
            return
        with self._database.writing() as session:
            changed: Any = session.execute(
                update(relay_offset).where(relay_offset.c.name == _NAME).values(seq=self._confirmed)
            )
            if changed.rowcount == 0:
                session.execute(insert(relay_offset).values(name=_NAME, seq=self._confirmed))
        fault_point("relay.after-save")
        self._saved = self._confirmed

    def close(self) -> None:
        """Wait for the last confirms, save the offset, and close the connection."""
        self._publisher.wait_for_confirms(0)
        self.process_confirms()
        self.save()
        self._publisher.close()

    def drop(self) -> None:
        """Drop the connection after an error, without closing it properly."""
        self._publisher.drop()

    def _messages(self, event: Recorded) -> list[Outgoing]:
        """Each event goes to the services; a public one also to other programs, numbered among public events alone."""
        inside = self._message(self._internal, event, event.cloud_event())
        if event.audience != PUBLIC:
            return [inside]
        return [inside, self._message(self._public, event, event.public_cloud_event())]

    def _message(self, exchange: str, event: Recorded, body: dict[str, Any]) -> Outgoing:
        return Outgoing(
            exchange=exchange,
            routing_key=event.type,
            body=body,
            properties={"message_id": event.id, "type": event.type},
        )


class RelayRunner:
    """Runs the relay of one service until it is stopped.

    Of several processes of a service only the leader publishes: the one that holds an advisory lock. The lock ends with
    the leader's database connection; then another process takes over. SQLite has only one process.
    """

    def __init__(self, service: str, database: Database, bus_url: str) -> None:
        self._service = service
        self._database = database
        self._bus_url = bus_url
        self._waker = Waker()
        self._stopping = False
        database.after_commit.append(self._after_commit)

    def run(self) -> None:
        """Publish until `stop`."""
        backoff = Backoff(0.5, 1.0)
        while not self._stopping:
            try:
                if self._database.sqlite:
                    self._publish(lambda: None)
                else:
                    self._lead()
            except Exception as error:
                if not self._stopping:
                    log.warning("the relay of %s stopped: %s", self._service, error)
                    eventlet.sleep(backoff.next())

    def stop(self) -> None:
        """Let `run` return once everything that was sent is confirmed."""
        self._stopping = True
        self._waker.wake()

    def _after_commit(self, session: Session) -> None:
        if may_have_grown(session):
            self._waker.wake()

    def _publish(self, when_idle: Callable[[], None], *sockets: Any) -> None:
        """Publish until stopped. New events make one of `sockets` readable, or wake the waker. `when_idle` is called
        after each wait."""
        relay = Relay(self._service, self._database, self._bus_url)
        try:
            relay.start()
            while not self._stopping:
                started = monotonic()
                published = relay.step()
                if published and not self._stopping:
                    # What is written in quick succession is read and sent together.
                    eventlet.sleep(min(GATHER_SECONDS, GATHER_FACTOR * (monotonic() - started)))
                if published < BATCH:
                    # Whatever was committed since the read has woken the waker or a socket.
                    self._wait(relay, sockets)
                    when_idle()
            relay.close()
        except BaseException:
            relay.drop()
            raise

    def _wait(self, relay: Relay, sockets: Sequence[Any]) -> None:
        """Wait for something to publish; meanwhile process confirms."""
        while True:
            broker = relay.process_confirms()
            seconds = SAVE_SECONDS if broker or relay.unsaved else POLL_SECONDS
            if self._waker.wait(seconds, *sockets, *([broker] if broker else [])) != [broker]:
                return

    def _lead(self) -> None:
        """Publish if this process is, or once it becomes, the leader."""
        with own_connection(self._database) as connection:
            while not self._stopping:
                locked = text("SELECT pg_try_advisory_lock(:key)")
                if connection.execute(locked, {"key": RELAY_LOCK}).scalar():
                    notifications = CommitNotifications(connection, CHANNEL)
                    self._publish(notifications.clear, notifications.socket)
                    return
                self._waker.wait(TAKE_OVER_SECONDS)
