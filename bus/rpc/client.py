"""Calling another room: typed, with a deadline, and with an error that crosses as what it is."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from contextvars import copy_context
from time import monotonic
from typing import Any, TypeVar, cast, overload

import eventlet
from kombu import Queue

from bus.ops.metrics import CALL_ERRORS, CALL_SECONDS
from bus.rpc.breaker import Breaker
from bus.rpc.codec import Method, methods_of
from bus.rpc.context import seconds_left, to_headers
from bus.transport.amqp import CALLS, CONFIRM_SECONDS, Outgoing, PublisherPool, opened
from contracts.common import Producer
from contracts.errors import SpaceError, Unavailable, from_wire

log = logging.getLogger(__name__)

CONNECT_SECONDS = 2.0
PROBE_SECONDS = 1.0
RETRY_FROM_SECONDS = 1.0
_LOG_END = methods_of(cast(Any, Producer))["log_end"]

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
        self._breakers: dict[str, Breaker] = {}
        self._reply_to = ""
        self._listening = threading.Event()
        self._away = False
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def connected(self) -> bool:
        """Whether the broker is there, as far as is known: answers could be heard right now."""
        self._start()
        return self._listening.wait(0 if self._away else CONNECT_SECONDS)

    def client(self, api: type[Api], service: str) -> Api:
        """`service` as an object with the methods of `api` (a Protocol of `contracts`)."""
        return cast(Api, _Client(self, service, methods_of(cast(Any, api))))

    def call(self, service: str, method: Method, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """One call. Raises the service's typed error; `Unavailable` with `params["service"]` when the service does not
        run, does not answer lately, the broker is away, or no answer came in the time left.

        A method that its contract marks `safe` is asked once more when half of the time has passed without an answer,
        or the connection was lost meanwhile: whoever was at it may have died.
        """
        begun = monotonic()
        try:
            answer = self._ask(service, method, method.encode_arguments(args, kwargs))
            error = answer.get("error")
            if error is not None:
                raise from_wire(error)
            return method.decode_answer(answer.get("result"))
        except SpaceError as error:
            CALL_ERRORS.labels(service, method.name, error.kind).inc()
            raise
        finally:
            CALL_SECONDS.labels(service, method.name).observe(monotonic() - begun)

    def close(self) -> None:
        """Stop listening; calls under way end as `Unavailable`."""
        self._stopping = True
        self._publishers.close()
        self._fail_pending()

    def _ask(self, service: str, method: Method, arguments: list[Any]) -> dict[str, Any]:
        breaker = self._breaker(service)
        if breaker.open:
            raise Unavailable("service-away", params={"service": service})
        left = seconds_left()
        if left <= 0:
            raise Unavailable("too-late", params={"service": service})
        twice = method.safe and left >= RETRY_FROM_SECONDS
        answer = self._ask_once(service, method, arguments, left / 2 if twice else left)
        if answer is None and twice:
            answer = self._ask_once(service, method, arguments, seconds_left())
        if answer is None:
            breaker.failed()
            raise Unavailable("no-answer", params={"service": service})
        breaker.succeeded()
        return answer

    def _ask_once(
        self, service: str, method: Method, arguments: list[Any], seconds: float
    ) -> dict[str, Any] | None:
        """One message and its answer; None if none came within `seconds`."""
        self._start()
        if not self._listening.wait(0 if self._away else min(seconds, CONNECT_SECONDS)):
            raise Unavailable("service-away", params={"service": service})
        correlation_id = uuid.uuid4().hex
        pending = self._pending[correlation_id] = _Pending()
        try:
            self._send(service, method, arguments, correlation_id, seconds)
            pending.done.wait(seconds)
            return pending.answer
        finally:
            self._pending.pop(correlation_id, None)

    def _breaker(self, service: str) -> Breaker:
        breaker = self._breakers.get(service)
        if breaker is None:
            breaker = self._breakers.setdefault(service, Breaker(service, lambda: self._probe(service)))
        return breaker

    def _probe(self, service: str) -> None:
        if self._ask_once(service, _LOG_END, [], PROBE_SECONDS) is None:
            raise Unavailable("no-answer", params={"service": service})

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
        attempts = 2 if method.safe else 1
        for attempt in range(1, attempts + 1):
            try:
                with self._publishers.publisher() as publisher:
                    nobody = publisher.publish([message], min(left, CONFIRM_SECONDS))
                break
            except TimeoutError as error:
                # The broker took it and says nothing: asking again would only take as long again.
                self._breaker(service).failed()
                raise Unavailable("service-away", params={"service": service}) from error
            except Exception as error:  # kombu, amqp and the socket each have their own
                if attempt == attempts:
                    raise Unavailable("service-away", params={"service": service}) from error
        if nobody:
            raise Unavailable("service-away", params={"service": service})

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
                self._away = True
                if not self._stopping:
                    log.warning("lost the connection for answers: %s", error)
                    eventlet.sleep(0.3)
            finally:
                self._listening.clear()
                self._fail_pending()

    def _listen_once(self) -> None:
        self._reply_to = f"replies.{uuid.uuid4().hex}"
        with opened(self._bus_url) as connection:
            channel = connection.channel()
            CALLS(channel).declare()
            queue = Queue(self._reply_to, exclusive=True, auto_delete=True, durable=False)
            with connection.Consumer(
                [queue], callbacks=[self._on_answer], no_ack=True, accept=["json"], channel=channel
            ):
                self._away = False
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
