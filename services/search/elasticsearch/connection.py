"""Calls to Elasticsearch: a deadline for each, a circuit breaker, and errors as the bus knows them."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from elasticsearch import ApiError, Elasticsearch, TransportError

from bus.rpc.breaker import Breaker
from bus.rpc.context import seconds_left
from contracts.errors import Unavailable
from core.search_server import SearchServer

log = logging.getLogger(__name__)

READ_SECONDS = 3.0
"""The longest that a search may take."""
WRITE_SECONDS = 60.0
PROBE_SECONDS = 2.0
CONNECTIONS = 20
"""The most connections of a process to each node."""

_AWAY = (401, 403, 408, 429, 500, 502, 503, 504)
"""The statuses of a server that can't do it now, or does not let us until an operator has put the key right."""

R = TypeVar("R")


class Connection:
    """A client of one server, shared by all calls of a process.

    Every method raises `Unavailable` where the server does not reply in time, replies that it can't now, or did not
    reply so often that it is not asked for a while. All other errors are the client's own (`ApiError`).
    """

    def __init__(self, server: SearchServer) -> None:
        options: dict[str, Any] = {}
        if server.authorities is not None:
            options["ca_certs"] = str(server.authorities)
        self._client = Elasticsearch(
            server.address,
            api_key=server.api_key,
            basic_auth=_encoded(server.user),
            connections_per_node=CONNECTIONS,
            # To a server on this machine that would only cost: a third of what an indexed document does.
            http_compress=not server.local,
            # A call that failed is repeated by whoever asked, within their own deadline.
            max_retries=0,
            retry_on_timeout=False,
            **options,
        )
        self.prefix = server.prefix
        self._breaker = Breaker("elasticsearch", self._probe)

    def read(self, call: Callable[[Elasticsearch], R]) -> R:
        """The result of a call that somebody waits for: within their deadline, and `READ_SECONDS` at most."""
        return self._call(call, max(min(READ_SECONDS, seconds_left()), 0.1))

    def write(self, call: Callable[[Elasticsearch], R]) -> R:
        """The result of a call in the background."""
        return self._call(call, WRITE_SECONDS)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _call(self, call: Callable[[Elasticsearch], R], seconds: float) -> R:
        if self._breaker.open:
            raise Unavailable
        try:
            result = call(self._client.options(request_timeout=seconds))
        except TransportError as error:
            self._breaker.failed()
            log.info("Elasticsearch does not reply: %s", error)
            raise Unavailable from error
        except ApiError as error:
            self._breaker.succeeded()
            if error.meta.status in _AWAY:
                log.warning("Elasticsearch can't: %s", error)
                raise Unavailable from error
            raise
        self._breaker.succeeded()
        return result

    def _probe(self) -> None:
        self._client.options(request_timeout=PROBE_SECONDS).cluster.health(filter_path="status")


def _encoded(user: tuple[str, str] | None) -> str | None:
    """What HTTP's basic authentication sends; the client itself takes ASCII alone."""
    return None if user is None else b64encode(":".join(user).encode()).decode()


@lru_cache(maxsize=8)
def connect(server: SearchServer) -> Connection:
    """The connection of this process to a server."""
    return Connection(server)
