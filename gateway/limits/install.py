"""Counts each request, refuses what is too much, and lets the rest wait for its turn."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from math import ceil
from typing import cast

from flask import Flask, Response, current_app, g, request

from bus.ops import cpu_time
from bus.ops.metrics import REQUEST_CPU_SECONDS
from bus.rpc.context import seconds_left
from contracts.errors import TooMany, Unavailable
from core.limiter import Budget, Limiter
from core.turns import Turns
from gateway.forms import RESUMED
from gateway.limits.clients import (
    KnownTokens,
    asks_whose,
    client_peer,
    confirmed_person,
    digest_of,
    given_token,
)
from gateway.limits.costs import (
    CPU_OF_A_PEER,
    CPU_OF_A_PERSON,
    CPU_OF_BUSY,
    OF_A_PEER,
    OF_A_PERSON,
    READ,
    cost_of,
)
from gateway.request_context import settings

log = logging.getLogger(__name__)

SECONDS_TO_WAIT = 60
"""What a client is told that is refused for a number and not for a rate."""

SECONDS_FOR_A_REFUSAL = 0.05
"""So a client is refused twenty times a second."""

_HEAVY = "work"
_BUSY = "busy"


class Limits:
    """The limits of one gateway process.

    `of_each`: requests of one client that are handled at once. `busy`: those of all busy clients, who have taken much
    CPU lately, and `of_each_busy` those of one of them. `heavy`: requests of the kind `work` of everybody. They hold
    the core for a while each, so that a reader waits for as many of them as run at once. `refusals`: of one client, so
    that whoever goes on asking is refused slowly, which costs little; `rest` is what waits meanwhile.

    `cpu_of_a_person`, `cpu_of_a_peer`: the seconds of CPU that a client has. `much_cpu`: a request that took as many is
    logged.
    """

    def __init__(
        self,
        limiter: Limiter | None = None,
        rest: Callable[[float], None] = time.sleep,
        *,
        cpu_of_a_person: Budget = CPU_OF_A_PERSON,
        cpu_of_a_peer: Budget = CPU_OF_A_PEER,
        much_cpu: float = 1.0,
    ) -> None:
        self.much_cpu = much_cpu
        self._cpu_of_a_person = cpu_of_a_person
        self._cpu_of_a_peer = cpu_of_a_peer
        self.limiter = Limiter() if limiter is None else limiter
        self.known = KnownTokens()
        self.of_each = Turns(at_once=4, waiting=100)
        self.of_each_busy = Turns(at_once=1, waiting=100)
        self.busy = Turns(at_once=3, waiting=500)
        self.refusals = Turns(at_once=1, waiting=200)
        self._rest = rest
        self.heavy = Turns(at_once=2, waiting=100)

    def client(self) -> str | None:
        """The key of whom this request counts for: `person:…`, else `peer:…`; None if it counts for nobody."""
        token, peer = given_token(), client_peer()
        stranger = None if peer is None else f"peer:{peer}"
        if token is None:
            return stranger
        digest = digest_of(token)
        if (person := self.known.person(digest)) is not None:
            return f"person:{person}"
        if not asks_whose() or (stranger and self._wait(stranger)):
            return stranger  # nobody asks the service whose each of a thousand invented tokens is
        if (person := confirmed_person(token)) is not None:
            self.known.confirm(digest, person)
            return f"person:{person}"
        return stranger

    def count(self, client: str) -> None:
        """Take what the request costs. Raises `TooMany("requests-too-many")`, also while earlier ones cost too much."""
        cost = cost_of(request.endpoint, request.method)
        budgets = OF_A_PERSON if client.startswith("person:") else OF_A_PEER
        wait = self.limiter.wait(f"cpu {client}", 0, self._cpu_budget(client))
        wait = wait or self.limiter.spend(f"{cost.kind} {client}", cost.units, budgets[cost.kind])
        if wait:
            self._rest_before_refusal(client)
            raise TooMany("requests-too-many", params={"seconds": ceil(wait)})

    def charge_cpu(self, client: str, seconds: float) -> None:
        """Take the CPU time that a request took. Its client waits if that was more than there is."""
        self.limiter.charge(f"cpu {client}", seconds, self._cpu_budget(client))
        self.limiter.charge(f"busy {client}", seconds, CPU_OF_BUSY)

    def take_turns(self, client: str) -> list[tuple[Turns, str]]:
        """Wait for the request's turns. Raises `Unavailable("requests-waiting")`."""
        wanted = [(self.of_each, client)]
        if self.limiter.wait(f"busy {client}", 0, CPU_OF_BUSY):
            # One of each, so that two clients that are slow to send can't keep the other busy ones waiting.
            wanted += [(self.of_each_busy, client), (self.busy, _BUSY)]
        if cost_of(request.endpoint, request.method).kind == _HEAVY:
            wanted.append((self.heavy, _HEAVY))
        taken: list[tuple[Turns, str]] = []
        for turns, key in wanted:
            if not turns.take(key, seconds_left()):
                _give_back(taken)
                raise Unavailable("requests-waiting", params={"seconds": 5})
            taken.append((turns, key))
        return taken

    def _rest_before_refusal(self, client: str) -> None:
        if self.refusals.take(client, seconds_left()):
            try:
                self._rest(SECONDS_FOR_A_REFUSAL)
            finally:
                self.refusals.give_back(client)

    def _cpu_budget(self, client: str) -> Budget:
        return self._cpu_of_a_person if client.startswith("person:") else self._cpu_of_a_peer

    def _wait(self, stranger: str) -> float:
        return self.limiter.wait(f"{READ.kind} {stranger}", READ.units, OF_A_PEER[READ.kind])


def limits() -> Limits:
    """The limits of this application."""
    return cast(Limits, current_app.extensions["space.limits"])


def counted_client() -> str | None:
    """Whom this request counts for, as `Limits.client` said; None where nothing is limited."""
    client: str | None = g.get("counted_client")
    return client


def is_refused() -> bool:
    """Whether this request was refused for its cost: nothing is asked of a service for its response."""
    return bool(g.get("refused", False))


def install(app: Flask) -> None:
    """Count each request before anything else is done for it."""
    app.extensions["space.limits"] = Limits()

    @app.before_request
    def count() -> None:
        # A request that `gateway.signin.errand` makes anew has been counted as the one that it is part of.
        if not settings().rate_limits or request.environ.get(RESUMED):
            return
        g.counted_client = client = limits().client()
        if client is None:
            return
        g.refused = True
        limits().count(client)
        g.turns = limits().take_turns(client)
        g.refused = False

    @app.teardown_request
    def give_back(_error: BaseException | None = None) -> None:
        _give_back(g.pop("turns", []))

    @app.teardown_request
    def charge(_error: BaseException | None = None) -> None:
        meter = cpu_time.current()
        if meter is None or request.environ.get(RESUMED):
            return  # what was made anew is part of another request's time too
        REQUEST_CPU_SECONDS.labels(cost_of(request.endpoint, request.method).kind).observe(meter.seconds)
        if meter.seconds >= limits().much_cpu:
            log.warning(
                "a request took %.1f s of CPU: %s %s", meter.seconds, request.method, request.endpoint
            )
        if (client := counted_client()) is not None:
            limits().charge_cpu(client, meter.seconds)

    @app.after_request
    def say_when(response: Response) -> Response:
        if response.status_code == TooMany.status:
            response.headers.setdefault("Retry-After", str(SECONDS_TO_WAIT))
        return response


def _give_back(taken: list[tuple[Turns, str]]) -> None:
    for turns, key in taken:
        turns.give_back(key)
