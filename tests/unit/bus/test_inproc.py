"""The broker inside the process keeps no more than a slow consumer can be behind."""

from collections.abc import Iterator

import pytest
from kombu import Queue

import bus.transport.inproc
from bus.transport.amqp import Outgoing, Publisher, opened, public_exchange
from bus.transport.inproc import MOST_WAITING


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    bus.transport.inproc.wipe()
    yield
    bus.transport.inproc.wipe()


def waiting_after(count: int, queue: Queue) -> list[int]:
    """What `queue` holds after `count` messages while nobody takes any."""
    with opened("inproc://") as connection:
        bound = queue(connection.channel())
        bound.declare()
        publisher = Publisher("inproc://")
        publisher.publish([Outgoing("alpha.events", "note", number) for number in range(count)])
        publisher.close()
        held = []
        while (message := bound.get(no_ack=True)) is not None:
            held.append(message.decode())
        return held


def test_a_durable_queue_drops_its_oldest() -> None:
    queue = Queue("beta.alpha", public_exchange("alpha"), routing_key="#", durable=True)
    assert waiting_after(MOST_WAITING + 10, queue) == list(range(10, MOST_WAITING + 10))


def test_a_queue_of_calls_drops_none() -> None:
    queue = Queue("calls.alpha", public_exchange("alpha"), routing_key="#", durable=False, auto_delete=True)
    assert waiting_after(MOST_WAITING + 10, queue) == list(range(MOST_WAITING + 10))
