"""Calling another service: typed, with a deadline, a circuit breaker, and errors that arrive as what they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, TypeVar, cast

from bus.ops.metrics import CALL_ERRORS, CALL_SECONDS
from bus.rpc.breaker import Breaker
from bus.rpc.codec import Method, methods_of
from bus.rpc.context import seconds_left
from bus.transport.port import NoReply, ServiceAway, Transport
from contracts.common import Producer
from contracts.errors import SpaceError, Unavailable

PROBE_SECONDS = 1.0
RETRY_FROM_SECONDS = 1.0
"""A safe call is only tried again if it has at least this long in all."""
_LOG_END = methods_of(cast(Any, Producer))["log_end"]

Api = TypeVar("Api")


class RpcClient:
    """One process's way to call services; any number of greenlets may use it at once."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._breakers: dict[str, Breaker] = {}

    @property
    def connected(self) -> bool:
        """Whether calls could be carried right now, as far as is known."""
        return self._transport.connected

    @property
    def in_process(self) -> bool:
        """Whether every service that it reaches lives in this process."""
        return self._transport.in_process

    def proxy(self, api: type[Api], service: str) -> Api:
        """`service` as an object with the methods of `api` (a Protocol of `contracts`)."""
        return cast(Api, _Proxy(self, service, methods_of(cast(Any, api))))

    def call(self, service: str, method: Method, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """One call, with the time that `bus.rpc.context.seconds_left` gives.

        Raises the service's typed error; `Unavailable` with `params["service"]` when the service does not run
        (`service-away`), did not reply in time (`no-answer`), did not reply to others lately (`service-away`), or when
        no time is left (`too-late`).

        A method that its contract marks `safe` is tried once more when half of the time has passed without a reply, or
        the connection was lost meanwhile: whoever handled it may have died.
        """
        begun = monotonic()
        try:
            return self._call(service, method, method.bind(args, kwargs))
        except SpaceError as error:
            CALL_ERRORS.labels(service, method.name, error.kind).inc()
            raise
        finally:
            CALL_SECONDS.labels(service, method.name).observe(monotonic() - begun)

    def _call(self, service: str, method: Method, arguments: Sequence[Any]) -> Any:
        breaker = self._breaker(service)
        if breaker.open:
            raise Unavailable("service-away", params={"service": service})
        left = seconds_left()
        if left <= 0:
            raise Unavailable("too-late", params={"service": service})
        try:
            result = self._call_in_time(service, method, arguments, left)
        except NoReply:
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
    """The methods of one API, each a call."""

    def __init__(self, client: RpcClient, service: str, methods: dict[str, Method]) -> None:
        for name, method in methods.items():
            setattr(self, name, _bound(client, service, method))


def _bound(client: RpcClient, service: str, method: Method) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        return client.call(service, method, args, kwargs)

    call.__name__ = method.name
    return call
