"""A content delivery network in front of Space: what it may keep of strangers' pages, and what it drops again.

A page is sent with surrogate keys, which stand for the resources that it was made from. When an event changes some of
them, a request with their keys goes to the operator's address, in the form that Fastly's API and Varnish's `xkey` take:
`POST`, with the keys in `Surrogate-Key`. The network may keep a page until its times change, a minute at the most: so
long it is wrong if a purge does not arrive.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Set
from functools import lru_cache
from math import ceil
from time import monotonic
from typing import Any

import requests

from bus.ops.metrics import PURGES
from core import clock
from core.purge_target import PurgeTarget
from gateway.cache.log_ends import PRODUCERS, SEARCH, LogEnds
from gateway.cache.moments import next_minute
from gateway.cache.pages import Page
from gateway.cache.resources import ALL
from gateway.security import PRIVATE

log = logging.getLogger(__name__)

MOST_AT_ONCE = 200
"""So many keys go in one request; Fastly takes 256."""

MOST_WAITING = 5_000
"""Of more keys that wait, all pages are purged in their place."""

SECONDS_AGAIN = 3.0
"""After so long keys are purged a second time: a page that was on its way to the network then may have been kept."""

_VARYING = ("Cookie", "Accept-Language")
"""What tells strangers' pages apart: the language that they choose, or that their browser asks for, theme and zone."""

_SECONDS_TO_GATHER = 0.02
_BACKOFF = (1.0, 2.0, 5.0, 15.0, 30.0)
_TIMEOUT = (2.0, 5.0)


@lru_cache(maxsize=50_000)
def key_of(producer: str, name: str) -> str:
    """The surrogate key of a resource. It tells nobody which one it is of what they can't see."""
    return hashlib.sha256(f"{producer}/{name}".encode()).hexdigest()[:16]


def keys_of(resources: Mapping[str, Set[str]]) -> list[str]:
    """The surrogate keys of what was made from these resources: of each, and of all of its service."""
    names = {(producer, name) for producer, found in resources.items() for name in (*found, ALL)}
    return sorted(key_of(*each) for each in names)


class Purges:
    """The keys that wait to be purged, and the thread that sends them. What can't be sent is sent later."""

    def __init__(self, target: PurgeTarget, send: Callable[[list[str]], None] | None = None) -> None:
        self._send = send or _sender(target)
        self._waiting: dict[str, bool] = {}
        """By key, whether it is purged once more."""
        self._again: list[tuple[float, list[str]]] = []
        self._changed = threading.Condition()
        self._stopped = threading.Event()
        # What happened while no process was there is not known.
        self.add_all()

    def start(self) -> None:
        """Begin to send."""
        threading.Thread(target=self._run, name="purges", daemon=True).start()

    def stop(self) -> None:
        """Send nothing more."""
        self._stopped.set()
        with self._changed:
            self._changed.notify()

    def add(self, producer: str, names: Iterable[str]) -> None:
        """Purge what was made from these resources of a service."""
        self._add({key_of(producer, name): True for name in names})

    def add_all(self) -> None:
        """Purge everything."""
        self._add({key_of(producer, ALL): True for producer in PRODUCERS})

    def _add(self, keys: Mapping[str, bool]) -> None:
        with self._changed:
            self._waiting |= keys
            if len(self._waiting) > MOST_WAITING:
                self._waiting = {key_of(producer, ALL): True for producer in PRODUCERS}
            self._changed.notify()

    def _run(self) -> None:
        failures = 0
        while keys := self._next():
            try:
                self._send(list(keys))
            except requests.RequestException as error:
                PURGES.labels("failed").inc()
                # Without the address, in which there may be a secret.
                log.warning("a purge of %d keys failed: %s", len(keys), type(error).__name__)
                self._add(keys)
                self._stopped.wait(_BACKOFF[min(failures, len(_BACKOFF) - 1)])
                failures += 1
            else:
                PURGES.labels("done").inc()
                failures = 0
                if again := [key for key, once_more in keys.items() if once_more]:
                    self._again.append((monotonic() + SECONDS_AGAIN, again))

    def _next(self) -> dict[str, bool]:
        """The next keys, once there are some; none at the end."""
        with self._changed:
            while not self._stopped.is_set():
                now = monotonic()
                while self._again and self._again[0][0] <= now:
                    self._waiting = dict.fromkeys(self._again.pop(0)[1], False) | self._waiting
                if self._waiting:
                    break
                self._changed.wait(self._again[0][0] - now if self._again else None)
            self._changed.wait(_SECONDS_TO_GATHER)  # of one write come several events
            if self._stopped.is_set():
                return {}
            taken = dict(list(self._waiting.items())[:MOST_AT_ONCE])
            self._waiting = {key: again for key, again in self._waiting.items() if key not in taken}
            return taken


def purging(target: PurgeTarget, ends: LogEnds) -> Purges:
    """Purge what events change, from now on."""
    purges = Purges(target)
    ends.tell(purges.add)
    purges.start()
    return purges


def kept_by_network(page: Page, start_response: Any) -> Any:
    """`start_response` that says of a stranger's page how long the network may keep it, and by which keys it is
    purged."""
    now = clock.now()
    if page.until is None or page.until <= now or SEARCH in page.resources:
        return start_response  # of what search finds no event tells
    seconds = ceil((min(page.until, next_minute(now)) - now).total_seconds())

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        # What says nothing of it is for its reader alone: a network keeps nothing of that.
        known = [
            (name, "no-cache" if value == PRIVATE else value)
            for name, value in headers
            if name.lower() != "vary"
        ]
        vary = ", ".join(value for name, value in headers if name.lower() == "vary")
        return start_response(
            status,
            [
                *known,
                ("Vary", ", ".join(dict.fromkeys(filter(None, [*vary.split(", "), *_VARYING])))),
                ("CDN-Cache-Control", f"max-age={seconds}"),
                ("Surrogate-Control", f"max-age={seconds}"),
                ("Surrogate-Key", " ".join(keys_of(page.resources))),
            ],
            exc_info,
        )

    return start


def _sender(target: PurgeTarget) -> Callable[[list[str]], None]:
    session = requests.Session()
    session.trust_env = False  # no proxy and no password of the machine's

    def send(keys: list[str]) -> None:
        headers = {"Surrogate-Key": " ".join(keys), **target.headers}
        reply = session.post(target.url, headers=headers, timeout=_TIMEOUT, allow_redirects=False)
        if reply.status_code >= 300:
            raise requests.HTTPError(str(reply.status_code))

    return send
