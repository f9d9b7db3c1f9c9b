"""The calls of the catalogue that change something. Whatever who may does by a page or the API goes over the bus as a
call: right before it, everybody who may not makes the same one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from inspect import signature
from typing import Any, Protocol, get_type_hints

from pydantic import TypeAdapter

from bus.rpc.codec import methods_of
from contracts.errors import SpaceError
from core.audience import Viewer
from core.settings import SERVICES
from gateway.services import Services

Call = Callable[[Viewer], Any]
"""One call, on somebody's behalf."""


class Attempter(Protocol):
    """Somebody who makes a call that they may not make."""

    @property
    def name(self) -> str: ...
    @property
    def viewer(self) -> Viewer: ...


Watch = Callable[[str, Call], None]


def writing_calls() -> set[str]:
    """Every call that is not safe to be made twice, as `forum.create_topic`."""
    hints = get_type_hints(Services)
    return {
        f"{service}.{name}"
        for service in SERVICES
        for name, method in methods_of(hints[service]).items()
        if not method.safe
    }


WRITING = writing_calls()


class Watched:
    """A service as the gateway calls it; each call that changes something is told before it is made."""

    def __init__(self, calls: Calls, service: str, proxy: Any) -> None:
        self._calls, self._service, self._proxy = calls, service, proxy

    def __getattr__(self, name: str) -> Any:
        method, key = getattr(self._proxy, name), f"{self._service}.{name}"
        if key not in WRITING:
            return method

        def call(viewer: Viewer, *args: Any, **kwargs: Any) -> Any:
            self._calls.tell(key, lambda other: method(other, *args, **kwargs))
            return method(viewer, *args, **kwargs)

        return call


class Calls:
    """All calls of a site's gateway."""

    def __init__(self) -> None:
        self._watch: Watch | None = None

    def of(self, services: Services) -> Services:
        """The same services, whose calls are told."""
        watched = {
            each.name: Watched(self, each.name, getattr(services, each.name))
            for each in fields(services)
            if each.name in SERVICES
        }
        return Services(**watched, listener=services.listener)

    def tell(self, key: str, call: Call) -> None:
        if self._watch is not None:
            self._watch(key, call)

    @contextmanager
    def told_to(self, watch: Watch) -> Iterator[None]:
        """Let `watch` know of each call within the block."""
        self._watch = watch
        try:
            yield
        finally:
            self._watch = None


def arguments_of(service: str, name: str, given: Sequence[Any]) -> list[Any]:
    """The arguments of a call after the viewer, from what JSON has of them."""
    method = getattr(get_type_hints(Services)[service], name)
    hints = get_type_hints(method, include_extras=True)
    names = [each for each in signature(method).parameters if each not in ("self", "viewer")]
    return [TypeAdapter(hints[each]).validate_python(value) for each, value in zip(names, given, strict=True)]


class Attempts:
    """Lets everybody who may not make a call before it is made. `made` are the calls, `faults` sentences."""

    def __init__(self, refused: Sequence[Attempter], versions: Callable[[], dict[str, int]]) -> None:
        self._refused, self._versions = refused, versions
        self.made: set[str] = set()
        self.faults: list[str] = []

    def __call__(self, key: str, call: Call) -> None:
        self.made.add(key)
        before = self._versions()
        for reader in self._refused:
            try:
                call(reader.viewer)
            except SpaceError:
                pass
            else:
                self.faults.append(f"{key} was answered to {reader.name}")
            if self._versions() != before:
                before = self._versions()
                self.faults.append(f"{key} changed something for {reader.name}")
