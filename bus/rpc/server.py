"""Serves the calls of a service: `@call` marks the methods of a service class that can be called."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from nameko.extensions import Entrypoint, ProviderCollector, SharedExtension

from bus.rpc.codec import Method, methods_of
from contracts.errors import Invalid, SpaceError, Unavailable
from core.outages import outage_of

log = logging.getLogger(__name__)

F = TypeVar("F", bound=Callable[..., Any])
Reply = Callable[[Mapping[str, Any]], None]


class DirectCalls:
    """Handles the calls of one service for the direct transport, without nameko's workers.

    `make` returns a new instance of the service class for each call.
    """

    def __init__(self, service_class: type, make: Callable[[], Any]) -> None:
        self._name: str = service_class.name  # type: ignore[attr-defined]
        self._make = make
        self._methods = {name: method_of(service_class, name) for name in called_methods(service_class)}
        self.also_from = {name: method.also_from for name, method in self._methods.items()}

    def handle_call(self, method: str, arguments: Sequence[Any]) -> Any:
        """See `CallHandler.handle_call`."""
        known = self._methods.get(method)
        if known is None:
            raise Invalid("method-unknown")
        checked = known.decode_arguments(arguments)
        try:
            return getattr(self._make(), method)(*checked)
        except SpaceError:
            raise
        except Exception as error:
            log.exception("%s.%s failed", self._name, method)
            raise public_error(self._name, error) from None

    def handle_message(self, body: Mapping[str, Any], headers: Mapping[str, Any], reply: Reply) -> None:
        """Not used: only a broker delivers messages."""
        raise NotImplementedError


def called_methods(service_class: type) -> list[str]:
    """The names of the methods that are marked `@call`."""
    return [
        name
        for name in dir(service_class)
        for entrypoint in getattr(getattr(service_class, name), "nameko_entrypoints", ())
        if isinstance(entrypoint, Call)
    ]


def method_of(service_class: type, name: str) -> Method:
    """The method of the service's API, which says what a caller needs; that of the class where it declares no API."""
    api: type | None = service_class.api  # type: ignore[attr-defined]
    return Method(getattr(service_class, name)) if api is None else methods_of(api)[name]


def public_error(service: str, error: BaseException) -> SpaceError:
    """The error that a caller gets: typed errors unchanged, outages as `Unavailable`, and no detail of any other."""
    if isinstance(error, SpaceError):
        return error
    if outage := outage_of(error):
        return Unavailable(f"storage-{outage}", params={"service": service})
    return SpaceError("internal")


class CallServer(SharedExtension, ProviderCollector):  # type: ignore[misc]
    """Dispatches the calls of one service to its methods; over a broker each runs in a worker of the container."""

    def setup(self) -> None:
        transport = self.container.config["transport"]
        self._direct = DirectCalls(self.container.service_cls, self.container.config["make_service"])
        self.also_from = self._direct.also_from
        self._receiver = transport.serve(self.container.service_name, self)
        self._stopping = False
        self.container.config["health"].append(self)

    def start(self) -> None:
        self.container.spawn_managed_thread(self._receiver.run, identifier="calls")

    def stop(self) -> None:
        self._stop()
        super().stop()

    def kill(self) -> None:
        self._stop()

    def _stop(self) -> None:
        self._stopping = True
        self._receiver.stop()

    def paused(self) -> dict[str, bool]:
        """See `Health.paused`: this is no subscription."""
        return {}

    def problems(self) -> list[str]:
        """See `Health.problems`."""
        return [] if self._receiver.connected else [f"{self.container.service_name} receives no calls"]

    def handle_call(self, method: str, arguments: Sequence[Any]) -> Any:
        """See `CallHandler.handle_call`."""
        return self._direct.handle_call(method, arguments)

    def handle_message(self, body: Mapping[str, Any], headers: Mapping[str, Any], reply: Reply) -> None:
        """See `CallHandler.handle_message`."""
        try:
            provider = next(each for each in self._providers if each.method_name == body["method"])
            provider.handle(body["args"], dict(headers), reply)
        except SpaceError as refused:
            reply({"error": refused.to_wire()})
        except (StopIteration, KeyError, TypeError):
            error = Unavailable("service-away") if self._stopping else Invalid("method-unknown")
            reply({"error": error.to_wire()})


class Call(Entrypoint):  # type: ignore[misc]
    """The entrypoint of a method that can be called."""

    server = CallServer()

    def __init__(self, **kwargs: Any) -> None:
        # Expected errors are sent to the caller and not logged.
        super().__init__(expected_exceptions=(SpaceError,), **kwargs)

    def setup(self) -> None:
        self._method = method_of(self.container.service_cls, self.method_name)
        self.server.register_provider(self)

    def stop(self) -> None:
        self.server.unregister_provider(self)

    def handle(self, values: list[Any], headers: dict[str, Any], reply: Reply) -> None:
        """Run one call in a worker and send the reply."""
        arguments = self._method.decode_arguments(values)
        self.container.spawn_worker(
            self,
            arguments,
            {},
            context_data={"headers": headers},
            handle_result=partial(self._reply, reply),
        )

    def _reply(self, reply: Reply, _context: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        service = self.container.service_name
        if exc_info is not None:
            reply({"error": public_error(service, exc_info[1]).to_wire()})
            return result, exc_info
        try:
            encoded = self._method.encode_result(result)
        except Exception as error:
            log.exception("the result of %s.%s can't be sent", service, self.method_name)
            reply({"error": public_error(service, error).to_wire()})
        else:
            reply({"result": encoded})
        return result, None


call: Callable[[F], F] = Call.decorator
