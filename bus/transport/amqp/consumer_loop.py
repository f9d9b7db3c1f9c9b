"""The loop by which all consumers of RabbitMQ run: of replies, calls, and events for subscriptions and listeners."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from time import monotonic

import eventlet
from kombu import Connection, Consumer

from bus.retry.backoff import Backoff
from bus.transport.amqp.connection import opened

log = logging.getLogger(__name__)

DRAIN_SECONDS = 5.0
HEARTBEAT_CHECK_SECONDS = 5.0
"""How often it is checked whether a heartbeat is due, and whether the broker's arrive. The broker closes a connection
on which nothing was sent for two intervals of 20 s, however much it delivers there."""
FIRST_PAUSE_SECONDS = 0.3
LONGEST_PAUSE_SECONDS = 1.0


class ConsumerLoop:
    """Runs consumers on a connection until it is stopped, and reconnects when the connection is lost: at once if it
    was open for a while, with backoff after that.

    `consumers` returns the consumers for each new connection. They are cancelled when the loop ends, so that
    auto-delete queues are deleted at once. `lost` is called when a connection has ended. `writing` is a lock for the
    connection's socket, if others write to it as well (acknowledgements). Tests give their own `connect` and, in
    seconds, `clock` and `sleep`.
    """

    def __init__(
        self,
        bus_url: str,
        name: str,
        consumers: Callable[[Connection], Sequence[Consumer]],
        lost: Callable[[], None] = lambda: None,
        writing: Callable[[], AbstractContextManager[object]] = nullcontext,
        connect: Callable[[str], AbstractContextManager[Connection]] = opened,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], None] = eventlet.sleep,
    ) -> None:
        self._bus_url = bus_url
        self._name = name
        self._consumers = consumers
        self._lost = lost
        self._writing = writing
        self._connect = connect
        self._clock = clock
        self._sleep = sleep
        self._stopping = False
        self._connection_wanted = True
        self._ready = threading.Event()
        self._connected_at: float | None = None
        self.failed = False
        """Whether the last attempt to connect failed, or gave a connection that ended at once."""

    @property
    def connected(self) -> bool:
        """Whether the consumers run on an open connection."""
        return self._ready.is_set()

    def wait_until_connected(self, seconds: float) -> bool:
        """Wait until it is connected, at most `seconds`, and not at all after `stop`; returns whether it is."""
        return self._ready.wait(0 if self._stopping else seconds)

    def run(self) -> None:
        """Consume until `stop` is called."""
        backoff = Backoff(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        while not self._stopping:
            try:
                self._run_once(backoff)
            except Exception as error:  # kombu, amqp and the socket each have their own
                self.failed = not self._was_open_for_a_while()
                if not self._stopping:
                    log.warning("%s lost the broker: %s", self._name, error)
            finally:
                self._ready.clear()
                self._lost()
            if not self._stopping and self.failed:
                self._sleep(backoff.next())

    def stop(self) -> None:
        """Let `run` return, within `DRAIN_SECONDS`."""
        self._stopping = True

    def reconnect(self) -> None:
        """Replace the connection by a new one, within `DRAIN_SECONDS`."""
        self._connection_wanted = False

    def _was_open_for_a_while(self) -> bool:
        return self._connected_at is not None and self._clock() - self._connected_at > LONGEST_PAUSE_SECONDS

    def _run_once(self, backoff: Backoff) -> None:
        self._connection_wanted = True
        self._connected_at = None
        with self._connect(self._bus_url) as connection, ExitStack() as stack:
            for consumer in self._consumers(connection):
                stack.enter_context(consumer)
            self.failed = False
            backoff.reset()
            self._connected_at = check_at = self._clock()
            self._ready.set()
            while self._connection_wanted and not self._stopping:
                with suppress(TimeoutError):
                    connection.drain_events(timeout=DRAIN_SECONDS)
                # Also while messages arrive all the time: what only receives sends nothing else.
                if self._clock() - check_at >= HEARTBEAT_CHECK_SECONDS:
                    check_at = self._clock()
                    with self._writing():
                        connection.heartbeat_check()
