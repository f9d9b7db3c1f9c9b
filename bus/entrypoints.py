"""nameko entrypoints: `@call` answers calls, `@on(Event)` handles events, `@task_handler(OutboxTask)` acts outside."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import eventlet
from kombu import Queue
from nameko.extensions import Entrypoint, ProviderCollector, SharedExtension

from bus.consumer.runner import On
from bus.outbox.runner import TaskHandler
from bus.outbox.tasks import OutboxTask
from bus.rpc.codec import Method
from bus.transport.amqp import CALLS, Outgoing, PublisherPool, opened
from contracts.common import Event
from contracts.errors import Invalid, SpaceError, Unavailable
from core.outages import outage_of

log = logging.getLogger(__name__)

F = TypeVar("F", bound=Callable[..., Any])
S = TypeVar("S")
E = TypeVar("E", bound=OutboxTask)
Performer = Callable[[S, E, str, int], None]


class CallServer(SharedExtension, ProviderCollector):  # type: ignore[misc]
    """Consumes one service's calls and hands each to its entrypoint.

    The queue lives as long as somebody consumes it, so that a call to a service that does not run comes back at once.
    Calls are taken off the queue as they arrive: a caller would not wait for a redelivery.
    """

    def setup(self) -> None:
        self._stopping = False
        self._publishers = PublisherPool(self.container.config["settings"].bus_url)

    def start(self) -> None:
        self._ready = eventlet.event.Event()
        self.container.spawn_managed_thread(self._run, identifier="calls")
        self._ready.wait(timeout=5)

    def stop(self) -> None:
        self._stopping = True
        self._publishers.close()
        super().stop()

    def kill(self) -> None:
        self._stopping = True

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._consume()
            except Exception as error:
                if not self._stopping:
                    log.warning("%s lost the broker: %s", self.container.service_name, error)
                    eventlet.sleep(0.3)

    def _consume(self) -> None:
        service = self.container.service_name
        with opened(self.container.config["settings"].bus_url) as connection:
            channel = connection.channel()
            queue = Queue(f"calls.{service}", CALLS, routing_key=service, durable=False, auto_delete=True)
            with connection.Consumer(
                [queue], callbacks=[self._on_call], no_ack=True, accept=["json"], channel=channel
            ):
                if not self._ready.ready():
                    self._ready.send()
                while not self._stopping:
                    try:
                        connection.drain_events(timeout=5)
                    except TimeoutError:
                        connection.heartbeat_check()

    def _on_call(self, body: Any, message: Any) -> None:
        reply = partial(
            self._reply, message.properties.get("reply_to"), message.properties.get("correlation_id")
        )
        try:
            provider = next(p for p in self._providers if p.method_name == body["method"])
            provider.handle(body["args"], dict(message.headers or {}), reply)
        except SpaceError as refused:
            reply({"error": refused.to_wire()})
        except (StopIteration, KeyError, TypeError):
            error = Unavailable("service-away") if self._stopping else Invalid("method-unknown")
            reply({"error": error.to_wire()})

    def _reply(self, reply_to: str | None, correlation_id: str | None, body: dict[str, Any]) -> None:
        if not reply_to:
            return
        answer = Outgoing(
            exchange="",
            routing_key=reply_to,
            body=body,
            properties={"correlation_id": correlation_id},
            persistent=False,
            mandatory=True,
        )
        for attempt in (1, 2):
            try:
                with self._publishers.publisher() as publisher:
                    publisher.publish([answer])
                return
            except Exception as error:  # kombu, amqp and the socket each have their own
                if attempt == 2:
                    log.warning("an answer could not be sent: %s", error)


class Call(Entrypoint):  # type: ignore[misc]
    """A method that other rooms may call."""

    server = CallServer()

    def __init__(self, **kwargs: Any) -> None:
        # The caller hears of these; the log need not.
        super().__init__(expected_exceptions=(SpaceError,), **kwargs)

    def setup(self) -> None:
        self._method = Method(getattr(self.container.service_cls, self.method_name))
        self.server.register_provider(self)

    def stop(self) -> None:
        self.server.unregister_provider(self)

    def handle(
        self, values: list[Any], headers: dict[str, Any], reply: Callable[[dict[str, Any]], None]
    ) -> None:
        """Run one call in a worker of its own and send its answer."""
        arguments = self._method.decode_arguments(values)
        self.container.spawn_worker(
            self,
            arguments,
            {},
            context_data={"headers": headers},
            handle_result=partial(self._answer, reply),
        )

    def _answer(
        self, reply: Callable[[dict[str, Any]], None], _context: Any, result: Any, exc_info: Any
    ) -> tuple[Any, Any]:
        if exc_info is None:
            try:
                reply({"result": self._method.encode_answer(result)})
                return result, None
            except Exception:
                exc_info = sys.exc_info()
                log.exception("the answer of %s can't be sent", self.method_name)
        reply({"error": self._told(exc_info[1]).to_wire()})
        return result, exc_info

    def _told(self, error: BaseException) -> SpaceError:
        """`error` as the caller gets it: what is typed as it is, nothing of the inside of anything else."""
        if isinstance(error, SpaceError):
            return error
        if outage := outage_of(error):
            return Unavailable(f"storage-{outage}", params={"service": self.container.service_name})
        return SpaceError("internal")


call: Callable[[F], F] = Call.decorator


def on(event: type[Event], *, many: bool = False) -> Callable[[F], F]:
    """Mark a method `(self, session, event, recorded) -> None` as a handler of `event`.

    With `many` it is `(self, session, pairs) -> None` and gets a sequence of `(event, recorded)` that came one after
    another, to write them with one statement. If it raises, it is asked for each by itself.
    """
    decorator: Callable[[F], F] = On.decorator(event, many=many)
    return decorator


def task_handler(effect: type[E]) -> Callable[[Performer[S, E]], Performer[S, E]]:
    """Mark a method `(self, effect, key, begun) -> None` as the one that performs `effect`, outside of any transaction.

    `key` is what the receiver knows it by, and `begun` counts how often it was begun, this time included: above 1 it
    may have happened already (see `bus.outbox.tasks`). It must not take longer than two minutes.
    """
    decorator: Callable[[Performer[S, E]], Performer[S, E]] = TaskHandler.decorator(effect)
    return decorator
