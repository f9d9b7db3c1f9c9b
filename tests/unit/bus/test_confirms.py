"""A batch counts as published once every message is confirmed, in whatever order."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bus.transport.amqp.publisher import Outgoing, Publisher, Refused

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
