"""The loop of consumers sends its heartbeats whatever arrives, and replaces a connection that is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from bus.transport.amqp.consumer_loop import ConsumerLoop


class World:
    """A broker that delivers a message each second on a clock of the test's own.

    Each connection of the loop ends with an error after as many messages as the next of `connections` says; with the
    last of them the loop is stopped.
    """

    def __init__(self, connections: Sequence[int]) -> None:
        self.connections = list(connections)
        self.now = 1000.0
        self.opened = 0
        self.checked_at: list[float] = []
        self.pauses: list[float] = []
        connect: Any = self.open
        self.loop = ConsumerLoop(
            "amqp://",
            "the test",
            lambda connection: [],
            connect=connect,
            clock=lambda: self.now,
            sleep=self.sleep,
        )

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    @contextmanager
    def open(self, bus_url: str) -> Iterator[World]:
        self.opened += 1
        self.left = self.connections.pop(0)
        yield self

    def drain_events(self, timeout: float) -> None:
        if self.left == 0:
            if not self.connections:
                self.loop.stop()
            raise ConnectionResetError("gone")
        self.left -= 1
        self.now += 1.0

    def heartbeat_check(self) -> None:
        self.checked_at.append(self.now)


def world(*connections: int) -> World:
    """A world with these connections, on which the loop has run until it was stopped."""
    world = World(connections)
    world.loop.run()
    return world


def test_heartbeats_are_sent_while_messages_arrive_all_the_time() -> None:
    """The broker closes a connection on which nothing arrives for 40 s, though it delivers there."""
    ran = world(100)
    moments = [1000.0, *ran.checked_at, 1100.0]
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert max(gaps) <= 10


def test_a_connection_that_was_open_for_a_while_is_replaced_without_a_pause() -> None:
    ran = world(10, 10, 10)
    assert (ran.opened, ran.pauses) == (3, [])


def test_a_broker_that_closes_each_connection_at_once_gets_pauses() -> None:
    ran = world(0, 0, 0)
    assert (ran.opened, len(ran.pauses)) == (3, 2)


def test_after_a_stop_nobody_waits_for_a_connection() -> None:
    loop = ConsumerLoop("amqp://", "the test", lambda connection: [])
    loop.stop()
    waiting = threading.Thread(target=loop.wait_until_connected, args=(3600,), daemon=True)
    waiting.start()
    waiting.join(60)
    assert not waiting.is_alive()
