"""Connections to the broker that end while everything runs: all come back, and readiness says what is missing."""

from __future__ import annotations

import threading
import time
from typing import ClassVar, Protocol

import eventlet
import pytest

from bus.entrypoints import call
from bus.rpc.context import within
from bus.service import Service
from bus.transport.amqp.consumer_loop import LONGEST_PAUSE_SECONDS
from contracts.errors import Unavailable
from core.audience import STRANGER, Viewer
from tests import servers
from tests.bus.harness import AlphaService, BetaService, BusHarness, eventually
from tests.bus.helpers import sample
from tests.chaos import queues

CALLERS = 10
NONE: dict[str, list[str]] = {"alpha": [], "beta": []}


class HeldApi(Protocol):
    def hold(self, viewer: Viewer) -> str: ...


class HeldService(Service):
    """An alpha whose calls wait until `go_on` is set."""

    name = "alpha"
    go_on: ClassVar[threading.Event]
    running: ClassVar[int] = 0

    @call
    def hold(self, viewer: Viewer) -> str:
        HeldService.running += 1
        self.go_on.wait(120)
        return "done"


def start(rabbit: BusHarness, *services: type[Service]) -> None:
    """Start services, and let several callers call alpha at the same time, each by a connection of its own."""
    queues.forget(servers.bus_url(), ["beta"])
    rabbit.start(*services)
    eventually(lambda: not any(problems(rabbit).values()))
    assert call_all(rabbit) == [""] * CALLERS
    # A connection that ends soon after it was opened is replaced after a pause.
    time.sleep(LONGEST_PAUSE_SECONDS + 0.1)


def call_all(harness: BusHarness) -> list[str]:
    calls = [eventlet.spawn(harness.refusal_of_alpha) for _ in range(CALLERS)]
    return [call.wait() for call in calls]


def problems(harness: BusHarness) -> dict[str, list[str]]:
    return {name: sorted(harness.problems(name)) for name in harness.containers}


def close_connections() -> None:
    """Have the broker close all connections."""
    broker = servers.servers().broker
    control, host = (broker.control_environment[name] for name in ("RABBITMQCTL", "VHOST"))
    closed = broker.control(control, "close_all_connections", "--vhost", host, "a test")
    assert closed.returncode == 0, closed.stderr


def assert_everything_works(harness: BusHarness, text: str) -> None:
    eventually(lambda: problems(harness) == NONE)
    eventually(lambda: call_all(harness) == [""] * CALLERS)
    harness.alpha.note(STRANGER, text, "a")
    eventually(lambda: text in harness.beta.copied(STRANGER))
    harness.wait_until_published(harness.alpha.log_end())


def test_connections_that_the_broker_closed_are_replaced(rabbit: BusHarness) -> None:
    start(rabbit, AlphaService, BetaService)
    for text in ("one", "two"):
        close_connections()
        assert_everything_works(rabbit, text)


def test_readiness_says_what_is_lost_until_it_is_back(rabbit: BusHarness) -> None:
    start(rabbit, AlphaService, BetaService)
    broker = servers.servers().broker
    broker.kill()
    try:
        everything = {
            "alpha": ["alpha receives no calls"],
            "beta": ["beta receives no calls", "beta receives nothing from the broker"],
        }
        eventually(lambda: all(set(lost) <= set(problems(rabbit)[name]) for name, lost in everything.items()))
        eventually(lambda: not rabbit.client.connected)
        assert rabbit.refusal_of_alpha() == "service-away"
    finally:
        servers.servers().restart_broker(wipe=False)
    assert_everything_works(rabbit, "after")


def test_replies_that_are_lost_with_their_connection_open_no_breaker(rabbit: BusHarness) -> None:
    """That the connection ended says nothing about the service, which may answer the next call."""
    HeldService.go_on = threading.Event()
    HeldService.running = 0
    start(rabbit, HeldService)
    held = rabbit.client.proxy(HeldApi, "alpha")

    def hold() -> str:
        with within(120), pytest.raises(Unavailable) as lost:
            held.hold(STRANGER)
        return lost.value.code

    calls = [eventlet.spawn(hold) for _ in range(CALLERS)]
    eventually(lambda: HeldService.running == CALLERS)
    close_connections()
    codes = [call.wait() for call in calls]
    HeldService.go_on.set()
    assert codes == ["no-answer"] * CALLERS
    assert sample("space_call_breaker_open", service="alpha") == 0
    eventually(lambda: call_all(rabbit) == [""] * CALLERS)
