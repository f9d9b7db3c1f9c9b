"""The transport port: what the bus needs of whatever carries calls and tells subscribers of new events.

Two adapters implement it: `bus.transport.direct` within one process, `bus.transport.amqp` over RabbitMQ. One suite
(`tests/bus/test_transport_conformance.py`) runs on both. A transport only makes things fast: that no event is lost and
that each takes effect once is the event log's and the consumer's work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from bus.rpc.codec import Method
from contracts.common import Recorded
from core.database import Database

HandleEvent = Callable[[Recorded], None]
"""Takes one event; must not block."""


class ServiceAway(Exception):
    """Nobody serves the calls of a service, or the broker is not there: the call was not carried out.

    `hung` says that the broker took the message and did not confirm it in time.
    """

    def __init__(self, hung: bool = False) -> None:
        super().__init__("nobody serves these calls")
        self.hung = hung


class NoReply(Exception):
    """No reply came in time; whether the call was carried out is not known."""


class CallHandler(Protocol):
    """The server side of one service's calls."""

    def handle_call(self, method: str, arguments: Sequence[Any]) -> Any:
        """Carry out one call with typed arguments and return its typed result. Raises `SpaceError` only."""

    def handle_message(
        self, body: Mapping[str, Any], headers: Mapping[str, Any], reply: Callable[[Mapping[str, Any]], None]
    ) -> None:
        """Carry out one call from its JSON form, in a worker of its own, and hand `reply` the JSON form of the result
        or the error."""


class EventSink(Protocol):
    """One subscription's end of the transport: takes messages, and knows how to read the producer's log instead."""

    def deliver(self, event: Recorded, message: Any) -> None:
        """Take one message; `message` is to be handed to `EventSource.acknowledge` once the event took effect."""

    def schedule_pull(self) -> None:
        """Read the producer's log soon: there is, or may be, something new."""

    def forget_messages(self) -> None:
        """Messages that were delivered and not acknowledged will be delivered again."""


class Assignment(Protocol):
    """Which of the parallel consumers of a service this process is."""

    @property
    def number(self) -> int | None:
        """From 0; None while all places are taken."""


class Runnable(Protocol):
    """Something that works in a greenlet of its own until it is stopped."""

    def run(self) -> None:
        """Work until `stop`."""

    def stop(self) -> None:
        """Let `run` return soon."""


class EventSource(Runnable, Protocol):
    """Feeds the sinks of one service."""

    @property
    def connected(self) -> bool:
        """Whether new events are received as they come."""

    def acknowledge(self, messages: Sequence[Any]) -> None:
        """These messages, and those of the same producer before them, took effect."""


class EventListener(Protocol):
    """Hands every new event of some producers to a function: for live pages and caches, which lose nothing that
    matters if an event is missed."""

    def start(self) -> None:
        """Begin to listen, in the background."""

    def stop(self) -> None:
        """Listen no more."""


class Transport(Protocol):
    """One process's transport. Any number of greenlets may use it at once."""

    in_process: bool
    """Whether everything it reaches lives in this process."""

    @property
    def connected(self) -> bool:
        """Whether calls could be carried right now, as far as is known."""

    def call(self, service: str, method: Method, arguments: Sequence[Any], seconds: float) -> Any:
        """Carry one call, in the caller's context (`bus.rpc.context`), and return its typed result.

        Raises the typed error that the service raised, `ServiceAway`, or `NoReply` after `seconds`.
        """

    def serve(self, service: str, handler: CallHandler) -> Runnable:
        """Hand the calls of `service` to `handler` while the returned object runs."""

    def log_publisher(self, service: str, database: Database) -> Runnable:
        """Makes what is appended to the service's event log known to its subscribers while it runs."""

    def event_source(
        self, service: str, sinks: Mapping[str, EventSink], assignment: Assignment
    ) -> EventSource:
        """Feeds the `sinks` of `service` (by producer) while it runs."""

    def event_listener(self, producers: Sequence[str], handle: HandleEvent) -> EventListener:
        """Hands every new event of `producers` to `handle` between its `start` and `stop`."""

    def close(self) -> None:
        """Let go of every connection; calls under way end with `ServiceAway` or `NoReply`."""
