"""The transport port: how calls are sent and subscribers learn of new events.

Two adapters implement it: `bus.transport.direct` within one process, and `bus.transport.amqp` over RabbitMQ; the suite
`tests/bus/test_transport_conformance.py` runs on both. A transport need not be reliable for events: the event log and
the consumer make sure that none is lost and that each takes effect once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from bus.rpc.codec import Method
from contracts.common import Recorded
from core.database import Database

HandleEvent = Callable[[Recorded], None]
"""A function that handles one event. It must not block."""


class ServiceAway(Exception):
    """No process serves the calls of the service, or the broker can't be reached: the call was not carried out.

    `hung`: the broker did not confirm the message in time.
    """

    def __init__(self, hung: bool = False) -> None:
        super().__init__("no process serves these calls")
        self.hung = hung


class NoReply(Exception):
    """No reply arrived in time. Whether the call was carried out is not known.

    `lost`: the connection by which the reply would have arrived was lost, which says nothing about the service.
    """

    def __init__(self, lost: bool = False) -> None:
        super().__init__("no reply")
        self.lost = lost


class CallHandler(Protocol):
    """The server side of one service's calls."""

    @property
    def also_from(self) -> Mapping[str, Collection[str]]:
        """By method, which services may call it beside the gateway."""

    def handle_call(self, method: str, arguments: Sequence[Any]) -> Any:
        """Carry out one call with typed arguments and return its typed result. Raises only `SpaceError`."""

    def handle_message(
        self, body: Mapping[str, Any], headers: Mapping[str, Any], reply: Callable[[Mapping[str, Any]], None]
    ) -> None:
        """Carry out one call from its JSON form, in a worker; `reply` takes the JSON form of the result or error."""


class EventSink(Protocol):
    """Receives the messages of one subscription, and can read the producer's log instead."""

    def deliver(self, event: Recorded, message: Any) -> None:
        """Receive one event. Once it took effect, `message` is to be passed to `EventSource.acknowledge`."""

    def schedule_pull(self) -> None:
        """Read the producer's log soon: it has, or may have, new events."""

    def forget_messages(self) -> None:
        """Discard delivered messages that are not acknowledged yet: they will be delivered again."""


class Assignment(Protocol):
    """The number of this process among the processes of its service."""

    @property
    def number(self) -> int | None:
        """The number, from 0; None while the process has none."""


class Runnable(Protocol):
    """Something that runs in a greenlet until it is stopped."""

    def run(self) -> None:
        """Run until `stop` is called."""

    def stop(self) -> None:
        """Let `run` return soon."""


class CallReception(Runnable, Protocol):
    """Receives the calls of one service."""

    @property
    def connected(self) -> bool:
        """Whether calls are being received."""


class EventSource(Runnable, Protocol):
    """Delivers events to the sinks of one service."""

    @property
    def connected(self) -> bool:
        """Whether new events are being received."""

    def acknowledge(self, messages: Sequence[Any]) -> None:
        """Acknowledge that these messages, and earlier ones of the same producer, took effect."""


class EventListener(Protocol):
    """Calls a function with every new event of some producers. For live pages and caches, for which a missed event does
    no lasting harm."""

    def start(self) -> None:
        """Start listening in the background."""

    def stop(self) -> None:
        """Stop listening."""


class Transport(Protocol):
    """The transport of one process. Any number of greenlets may use it at the same time."""

    in_process: bool
    """Whether all services run in this process."""

    @property
    def connected(self) -> bool:
        """Whether calls can be sent now, as far as is known."""

    def call(self, service: str, method: Method, arguments: Sequence[Any], seconds: float) -> Any:
        """Send one call with the caller's context (`bus.rpc.context`), and return its typed result.

        Raises the service's typed error, `ServiceAway`, or `NoReply`, at the latest after `seconds`.
        """

    def serve(self, service: str, handler: CallHandler) -> CallReception:
        """Have `handler` handle the calls of `service` while the returned object runs."""

    def log_publisher(self, service: str, database: Database) -> Runnable:
        """Tell subscribers of new events in the service's log while the returned object runs."""

    def event_source(
        self, service: str, sinks: Mapping[str, EventSink], assignment: Assignment
    ) -> EventSource:
        """Deliver events to the `sinks` of `service`, by producer, while the returned object runs."""

    def event_listener(self, producers: Sequence[str], handle: HandleEvent) -> EventListener:
        """A listener that calls `handle` with every new event of `producers` between its `start` and `stop`."""

    def close(self) -> None:
        """Close every connection. Calls that are waiting raise `ServiceAway` or `NoReply`."""
