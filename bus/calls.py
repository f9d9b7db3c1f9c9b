"""Calling another room: typed, with a deadline, and with an error that crosses as what it is."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Any, TypeVar, cast, overload

import eventlet
from kombu import Queue

from bus.broker import CALLS, Outgoing, PublisherPool, connect
from bus.context import seconds_left, to_headers
from bus.wire import Method, methods_of
from contracts.errors import Unavailable, from_wire

log = logging.getLogger(__name__)

Api = TypeVar("Api")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")


class _Pending:
    """One call that waits for its answer."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.answer: dict[str, Any] | None = None


class Caller:
    """One process's way to call services: any number of greenlets (or threads) may use it at once."""

    def __init__(self, bus_url: str) -> None:
        self._bus_url = bus_url
        self._publishers = PublisherPool(bus_url)
        self._pending: dict[str, _Pending] = {}
        self._reply_to = ""
        self._listening = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def client(self, api: type[Api], service: str) -> Api:
        """`service` as an object with the methods of `api` (a Protocol of `contracts`)."""
        return cast(Api, _Client(self, service, methods_of(cast(Any, api))))

    def call(self, service: str, method: Method, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """One call. Raises the service's typed error; `Unavailable` with `params["service"]` when the service does not
        run, the broker is away, or no answer came in the time left."""
        left = seconds_left()
        if left <= 0:
            raise Unavailable("too-late", params={"service": service})
        self._start()
        if not self._listening.wait(min(left, 2)):
            raise Unavailable("service-away", params={"service": service})
        correlation_id = uuid.uuid4().hex
        pending = self._pending[correlation_id] = _Pending()
        try:
            self._send(service, method, method.encode_arguments(args, kwargs), correlation_id, left)
            if not pending.done.wait(seconds_left()) or pending.answer is None:
                raise Unavailable("no-answer", params={"service": service})
        finally:
            self._pending.pop(correlation_id, None)
        error = pending.answer.get("error")
        if error is not None:
            raise from_wire(error)
        return method.decode_answer(pending.answer.get("result"))

    def close(self) -> None:
        """Stop listening; calls under way end as `Unavailable`."""
        self._stopping = True
        self._publishers.close()
        self._fail_pending()

    def _send(
        self, service: str, method: Method, arguments: list[Any], correlation_id: str, left: float
    ) -> None:
        message = Outgoing(
            exchange=CALLS.name,
            routing_key=service,
            body={"method": method.name, "args": arguments},
            headers=to_headers(),
            properties={
                "reply_to": self._reply_to,
                "correlation_id": correlation_id,
                "expiration": str(int(left * 1000)),
            },
            persistent=False,
            mandatory=True,
        )
        for attempt in (1, 2):
            try:
                with self._publishers.publisher() as publisher:
                    if publisher.publish([message]):
                        raise Unavailable("service-away", params={"service": service})
                return
            except Unavailable:
                raise
            except Exception as error:  # kombu, amqp and the socket each have their own
                # The first try may have met a connection that died while it was idle.
                if attempt == 2:
                    raise Unavailable("service-away", params={"service": service}) from error

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="replies", daemon=True)
                self._thread.start()

    def _listen(self) -> None:
        while not self._stopping:
            try:
                self._listen_once()
            except Exception as error:
                if not self._stopping:
                    log.warning("lost the connection for answers: %s", error)
                    eventlet.sleep(0.3)
            finally:
                self._listening.clear()
                self._fail_pending()

    def _listen_once(self) -> None:
        self._reply_to = f"replies.{uuid.uuid4().hex}"
        with connect(self._bus_url) as connection:
            channel = connection.channel()
            CALLS(channel).declare()
            queue = Queue(self._reply_to, exclusive=True, auto_delete=True, durable=False)
            with connection.Consumer(
                [queue], callbacks=[self._on_answer], no_ack=True, accept=["json"], channel=channel
            ):
                self._listening.set()
                while not self._stopping:
                    try:
                        connection.drain_events(timeout=5)
                    except TimeoutError:
                        connection.heartbeat_check()

    def _on_answer(self, body: dict[str, Any], message: Any) -> None:
        pending = self._pending.get(message.properties.get("correlation_id", ""))
        if pending is not None:
            pending.answer = body
            pending.done.set()

    def _fail_pending(self) -> None:
        for pending in list(self._pending.values()):
            pending.done.set()


class _Client:
    """The methods of one API, each a call."""

    def __init__(self, caller: Caller, service: str, methods: dict[str, Method]) -> None:
        for name, method in methods.items():
            setattr(self, name, _bound(caller, service, method))


def _bound(caller: Caller, service: str, method: Method) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        return caller.call(service, method, args, kwargs)

    call.__name__ = method.name
    return call


@overload
def gather(one: Callable[[], A], two: Callable[[], B], /) -> tuple[A, B]: ...
@overload
def gather(one: Callable[[], A], two: Callable[[], B], three: Callable[[], C], /) -> tuple[A, B, C]: ...
@overload
def gather(
    one: Callable[[], A], two: Callable[[], B], three: Callable[[], C], four: Callable[[], D], /
) -> tuple[A, B, C, D]: ...
@overload
def gather(
    one: Callable[[], A],
    two: Callable[[], B],
    three: Callable[[], C],
    four: Callable[[], D],
    five: Callable[[], E],
    /,
) -> tuple[A, B, C, D, E]: ...
@overload
def gather(*work: Callable[[], Any]) -> tuple[Any, ...]: ...
def gather(*work: Callable[[], Any]) -> tuple[Any, ...]:
    """Run the calls of one page side by side; answers in their order. The first error is raised once all have ended."""
    threads = [eventlet.spawn(_outcome, copy_context(), thunk) for thunk in work]
    outcomes: Sequence[tuple[Any, Exception | None]] = [thread.wait() for thread in threads]
    for _, error in outcomes:
        if error is not None:
            raise error
    return tuple(answer for answer, _ in outcomes)


def _outcome(context: Any, thunk: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return context.run(thunk), None
    except Exception as error:
        return None, error
