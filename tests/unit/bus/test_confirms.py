"""A batch counts as published once every message is confirmed, in any order. A lost link costs one time-out."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from bus.transport.amqp.publisher import Outgoing, Publisher, PublisherPool, Refused

MESSAGES = [Outgoing("alpha.events", "alpha.note.noted", {"number": number}) for number in range(5)]
Confirm = tuple[str, int, bool]


class Broker:
    """A fake of a channel and its connection. Each read processes the next of the given confirms."""

    @property
    def connection(self) -> Broker:
        return self

    @property
    def transport(self) -> Broker:
        return self

    def fileno(self) -> int:
        """The number of the fake's socket. Without one an error is raised, so that the publisher reads."""
        if self.socket is None:
            raise OSError("no socket")
        return self.socket.fileno()

    sock = property(lambda self: self)

    def _write(self, piece: bytes) -> None:
        """As of the real class."""

    def write(self, piece: bytes) -> None:
        """As of the real class."""

    def __init__(self, confirms: list[Confirm]) -> None:
        self.confirms = confirms
        self.published = 0
        self.socket: socket.socket | None = None
        self.events: dict[str, set[Callable[..., None]]] = {
            "basic_ack": set(),
            "basic_nack": set(),
            "basic_return": set(),
        }

    def confirm_select(self) -> None:
        """As of the real class."""

    def prepare_message(self, body: str, **kwargs: Any) -> str:
        return body

    def basic_publish(self, body: str, **kwargs: Any) -> None:
        self.published += 1

    def channel(self) -> Broker:
        return self

    def drain_events(self, timeout: float) -> None:
        if not self.confirms:
            raise TimeoutError
        kind, tag, multiple = self.confirms.pop(0)
        for callback in self.events[kind]:
            callback(tag, multiple)


@pytest.fixture
def silent() -> Iterator[Broker]:
    """A broker with an open connection that sends nothing."""
    broker = Broker([])
    ours, theirs = socket.socketpair()
    with ours, theirs:
        broker.socket = ours
        yield broker


def publish(*confirms: Confirm) -> Broker:
    broker = Broker(list(confirms))
    Publisher("amqp://", connect=lambda url: broker).publish(MESSAGES)
    return broker


@pytest.mark.parametrize(
    "confirms",
    [
        [("basic_ack", 5, True)],
        [("basic_ack", 3, True), ("basic_ack", 4, False), ("basic_ack", 5, False)],
        # The last was for another queue, which was quicker.
        [("basic_ack", 5, False), ("basic_ack", 4, True)],
        [("basic_ack", 2, False), ("basic_ack", 1, False), ("basic_ack", 5, True)],
    ],
)
def test_every_order_of_confirms_will_do(confirms: list[Confirm]) -> None:
    broker = publish(*confirms)
    assert (broker.published, broker.confirms) == (5, [])


def test_what_is_not_confirmed_is_not_taken_for_published() -> None:
    with pytest.raises(TimeoutError):
        publish(("basic_ack", 1, False), ("basic_ack", 1, True), ("basic_ack", 4, True))


def test_a_refusal_is_told_once_all_are_confirmed() -> None:
    with pytest.raises(Refused, match="2 messages"):
        publish(("basic_nack", 2, True), ("basic_ack", 5, True))


def test_more_is_sent_before_the_first_is_confirmed() -> None:
    broker = Broker([("basic_ack", 7, False), ("basic_ack", 3, True), ("basic_ack", 6, True)])
    publisher = Publisher("amqp://", connect=lambda url: broker)
    publisher.send(MESSAGES)
    publisher.send(MESSAGES)
    assert (broker.published, publisher.sent, publisher.confirmed) == (10, 10, 0)
    publisher.wait_for_confirms(9)
    assert publisher.confirmed == 0  # the confirm of the seventh does not include those before it
    publisher.wait_for_confirms(6)
    assert publisher.confirmed == 3
    publisher.wait_for_confirms(3)
    assert publisher.confirmed == 7
    with pytest.raises(TimeoutError):
        publisher.wait_for_confirms(0)


def test_a_broker_that_is_long_silent_about_messages_is_given_up(silent: Broker) -> None:
    for silence_seconds in (60.0, -1.0):
        publisher = Publisher("amqp://", connect=lambda url: silent, silence_seconds=silence_seconds)
        publisher.process_confirms()
        publisher.send(MESSAGES)
        if silence_seconds > 0:
            publisher.process_confirms()
    with pytest.raises(TimeoutError, match="5 messages"):
        publisher.process_confirms()


class LostLink:
    """Connections of a pool; those that were open when the link was lost confirm nothing any more."""

    def __init__(self) -> None:
        self.opened: list[Broker] = []
        self.silent: list[Broker] = []
        self.now = 1000.0
        self.time_outs = 0
        self.sockets: list[socket.socket] = []

    def connect(self, url: str) -> Broker:
        broker = Confirming(self)
        # Nothing waits to be read on it, so that the pool takes it for alive.
        broker.socket, theirs = socket.socketpair()
        self.sockets += [broker.socket, theirs]
        self.opened.append(broker)
        return broker

    def lose(self) -> None:
        self.silent = list(self.opened)

    def close(self) -> None:
        for each in self.sockets:
            each.close()


class Confirming(Broker):
    """Confirms every message, until its link is lost; then each wait takes its whole time."""

    def __init__(self, link: LostLink) -> None:
        super().__init__([])
        self.link = link

    def drain_events(self, timeout: float) -> None:
        if self in self.link.silent:
            self.link.now += timeout
            self.link.time_outs += 1
            raise TimeoutError
        for callback in self.events["basic_ack"]:
            callback(self.published, True)

    def collect(self) -> None:
        """As of the real class."""


@pytest.fixture
def link() -> Iterator[LostLink]:
    link = LostLink()
    yield link
    link.close()


def pool_of(link: LostLink, size: int) -> PublisherPool:
    """A pool with so many publishers, each of which has published."""
    pool = PublisherPool("amqp://", link.connect, lambda: link.now)
    with ExitStack() as stack:
        for publisher in [stack.enter_context(pool.publisher()) for _ in range(size)]:
            publisher.publish(MESSAGES)
    assert len(link.opened) == size
    link.now += 60
    return pool


def publish_by(pool: PublisherPool, seconds: float = 10.0) -> None:
    with pool.publisher() as publisher:
        publisher.publish(MESSAGES, seconds)


def test_a_lost_link_costs_one_time_out_and_not_one_for_each_connection(link: LostLink) -> None:
    pool = pool_of(link, 5)
    link.lose()
    with pytest.raises(TimeoutError):
        publish_by(pool)
    for _ in range(6):
        publish_by(pool)
    assert link.time_outs == 1
    assert len(link.opened) == 6


def test_a_connection_that_got_a_confirm_meanwhile_is_kept(link: LostLink) -> None:
    pool = pool_of(link, 3)

    def publish_slowly() -> None:
        with pool.publisher() as slow:
            publish_by(pool)
            link.silent = [each for each in link.opened if each is slow.socket]
            slow.publish(MESSAGES, 10)

    with pytest.raises(TimeoutError):
        publish_slowly()
    publish_by(pool)
    assert len(link.opened) == 3


def test_a_caller_that_waits_for_a_moment_only_drops_no_other_connection(link: LostLink) -> None:
    pool = pool_of(link, 3)
    link.silent = [link.opened[0]]
    with pytest.raises(TimeoutError):
        publish_by(pool, 0.5)
    for _ in range(2):
        with ExitStack() as stack:
            for publisher in [stack.enter_context(pool.publisher()) for _ in range(2)]:
                publisher.publish(MESSAGES)
    assert len(link.opened) == 3
