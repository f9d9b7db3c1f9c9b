"""Notes what a response is made from while Flask makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, cast

from flask import Flask, Response, g, request

from contracts.people import PersonCard
from core import clock
from core.audience import Viewer
from gateway.cache import moments
from gateway.cache.calls import cards, key_of_call
from gateway.cache.kept import Answer, KeptAnswers
from gateway.cache.resources import ALL, used
from gateway.holes import leave_open, leave_times_open
from gateway.request_context import request_context
from gateway.services import Services

ENVIRON = "space.rendering"
HOLES = "space.holes"
"""In a request's environment: the page is for many members, so its holes stay open."""


@dataclass
class Rendering:
    """What one response was made from. `shared`: it is the same for every stranger who asks in the same way, or for
    every member of a class but `people`. `incomplete`: a service did not reply. `resources`: what was read, by service,
    as `gateway.cache.resources` names it. `until`: when it is no longer right by the clock; None: it does not depend on
    it. `by_zone`: it is another one in another time zone, not only by its times. `kept_calls`: the answers to use,
    where it is proved that the logs end at `known_ends`."""

    resources: dict[str, set[str]] = field(default_factory=dict)
    people: set[str] = field(default_factory=set)
    shared: bool = False
    incomplete: bool = False
    until: datetime | None = None
    by_zone: bool = False
    kept_calls: KeptAnswers[Any] | None = None
    known_ends: Mapping[str, int] = field(default_factory=dict)

    def ends(self, until: datetime | None) -> None:
        """Note until when a part of it is right."""
        if until is not None:
            self.until = until if self.until is None else min(self.until, until)


class _Noted:
    """A service whose calls are noted."""

    def __init__(self, service: Any, name: str, rendering: Rendering) -> None:
        self._service = service
        self._name = name
        self._rendering = rendering
        self._resources: set[str] = set()

    def __getattr__(self, method: str) -> Any:
        self._resources = self._rendering.resources.setdefault(self._name, self._resources)
        if method == "cards" and self._rendering.kept_calls is not None:
            return partial(self._cards, self._rendering.kept_calls)
        return partial(self._call, method)

    def _call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        calls = self._rendering.kept_calls
        key = None if calls is None or kwargs else key_of_call(self._name, method, args)
        if calls is None or key is None:
            return self._asked(method, *args, **kwargs).found
        answer = calls.right(self._name, key)
        if answer is not None:
            self._note(answer)
        else:
            answer = self._asked(method, *args)
            calls.put(key, answer)
        return answer.found

    def _cards(self, calls: KeptAnswers[Any], viewer: Viewer, ids: list[str]) -> list[PersonCard]:
        self._resources |= used(self._name, "cards", None, viewer, ids)
        ask = partial(self._call, "cards")
        return cards(calls, viewer, ids, self._end, ask)

    @property
    def _end(self) -> int:
        """The end of the service's log, as it was known before the response was made."""
        return self._rendering.known_ends.get(self._name, -1)

    def _asked(self, method: str, *args: Any, **kwargs: Any) -> Answer[Any]:
        now = clock.now()
        try:
            found = getattr(self._service, method)(*args, **kwargs)
        except BaseException:
            self._resources.add(ALL)
            raise
        names = used(self._name, method, found, *args, **kwargs)
        until = moments.until(self._name, method, now, found, *args, **kwargs)
        answer = Answer(found, names, self._end, until)
        self._note(answer)
        return answer

    def _note(self, answer: Answer[Any]) -> None:
        self._resources |= answer.names
        self._rendering.ends(answer.until)


def noted(services: Services, rendering: Rendering) -> Services:
    """The services, whose calls are noted."""

    def of(name: str) -> Any:
        return _Noted(getattr(services, name), name, rendering)

    return Services(
        people=of("people"), blog=of("blog"), forum=of("forum"), events=of("events"),
        notify=of("notify"), search=of("search"), mail=of("mail"), listener=services.listener,
    )  # fmt: skip


def install(app: Flask) -> None:
    """Note of each request that may be kept what its response is made from."""

    @app.before_request
    def begin() -> None:
        rendering = cast(Rendering | None, request.environ.get(ENVIRON))
        if rendering is not None:
            g.services = noted(app.extensions["space.services"], rendering)
            leave_times_open()
            if request.environ.get(HOLES):
                leave_open()

    @app.after_request
    def end(response: Response) -> Response:
        rendering = cast(Rendering | None, request.environ.get(ENVIRON))
        if rendering is not None:
            context = request_context() if hasattr(g, "request_context") else None
            rendering.people = set(context.involved) if context else set()
            rendering.by_zone = bool(context and context.timezone_read)
            rendering.incomplete = response.status_code == 503 or bool(context and context.missing)
            rendering.shared = (
                response.status_code == 200
                and not response.is_streamed
                and "no-store" not in response.headers.get("Cache-Control", "")
                and not g.get("personal", False)
                and not rendering.incomplete
                and (request.environ.get(HOLES, False) or not (context and context.viewer.signed_in))
            )
        return response
