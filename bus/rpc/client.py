"""Calls other services: with types, deadlines, a circuit breaker, and typed errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, TypeVar, cast

from bus.ops import cpu_time
from bus.ops.metrics import CALL_ERRORS, CALL_SECONDS
from bus.rpc.breaker import Breaker
from bus.rpc.codec import Method, methods_of
from bus.rpc.context import seconds_left
from bus.transport.port import NoReply, ServiceAway, Transport
from contracts.common import Producer
from contracts.errors import SpaceError, Unavailable

PROBE_SECONDS = 5.0
"""Nobody waits for a probe, so on a busy machine it may take its time: a slow service is not an absent one."""

RETRY_FROM_SECONDS = 1.0
"""A safe call is only retried if it has at least this many seconds in all."""
_LOG_END = methods_of(cast(Any, Producer))["log_end"]

Api = TypeVar("Api")


class RpcClient:
    """Calls services over one transport. Any number of greenlets may use it at the same time."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._breakers: dict[str, Breaker] = {}

    @property
    def connected(self) -> bool:
        """Whether calls can be sent now, as far as is known."""
        return self._transport.connected

    @property
    def in_process(self) -> bool:
        """Whether all services run in this process."""
        return self._transport.in_process

    def proxy(self, api: type[Api], service: str) -> Api:
        """An object with the methods of `api`, a Protocol of `contracts`, each of which calls `service`."""
        return cast(Api, _Proxy(self, service, methods_of(cast(Any, api))))

    def call(self, service: str, method: Method, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a method within `bus.rpc.context.seconds_left` and return its result.

        Raises the service's typed error, or `Unavailable` with `params["service"]` and one of these codes:
        `service-away` (the service does not run, or its circuit breaker is open), `no-answer` (no reply in time),
        `too-late` (no time is left, or the request has taken all the CPU that it may).

        A method that its contract marks as `safe` is called a second time if half of the time has passed without a
        reply, or the connection was lost: the process that handled the call may have died.
        """
        started = monotonic()
        try:
            return self._call(service, method, method.bind(args, kwargs))
        except SpaceError as error:
            CALL_ERRORS.labels(service, method.name, error.kind).inc()
            raise
        finally:
            CALL_SECONDS.labels(service, method.name).observe(monotonic() - started)

    def _call(self, service: str, method: Method, arguments: Sequence[Any]) -> Any:
        breaker = self._breaker(service)
        if breaker.open:
            raise Unavailable("service-away", params={"service": service})
        left = seconds_left()
        if left <= 0 or cpu_time.is_spent():
            raise Unavailable("too-late", params={"service": service})
        try:
            result = self._call_in_time(service, method, arguments, left)
        except NoReply as error:
            if not error.lost:
                breaker.failed()
            raise Unavailable("no-answer", params={"service": service}) from None
        except ServiceAway as error:
            if error.hung:
                breaker.failed()
            raise Unavailable("service-away", params={"service": service}) from error
        except SpaceError:
            breaker.succeeded()
            raise
        breaker.succeeded()
        return result

    def _call_in_time(self, service: str, method: Method, arguments: Sequence[Any], seconds: float) -> Any:
        if not method.safe or seconds < RETRY_FROM_SECONDS:
            return self._transport.call(service, method, arguments, seconds)
        try:
            return self._transport.call(service, method, arguments, seconds / 2)
        except NoReply:
            return self._transport.call(service, method, arguments, seconds_left())

    def _breaker(self, service: str) -> Breaker:
        breaker = self._breakers.get(service)
        if breaker is None:
            breaker = self._breakers.setdefault(service, Breaker(service, lambda: self._probe(service)))
        return breaker

    def _probe(self, service: str) -> None:
        self._transport.call(service, _LOG_END, [], PROBE_SECONDS)


class _Proxy:
    """An object with the methods of one API."""

    def __init__(self, client: RpcClient, service: str, methods: dict[str, Method]) -> None:
        for name, method in methods.items():
            setattr(self, name, _bound(client, service, method))


def _bound(client: RpcClient, service: str, method: Method) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        return client.call(service, method, args, kwargs)

    call.__name__ = method.name
    return call
