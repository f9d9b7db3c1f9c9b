"""Limits how many connections one client may hold open, so that others can always connect."""

from __future__ import annotations

import errno
import logging
import socket
from collections import defaultdict
from collections.abc import Container
from dataclasses import dataclass
from typing import Any, NoReturn

import eventlet
import greenlet  # type: ignore[import-untyped]
from eventlet import greenio, patcher
from eventlet.event import Event

from core.limiter import Budget, Limiter
from core.peers import Network, is_in, peer_key

log = logging.getLogger(__name__)

# eventlet removes poll() from the select module. Here it is called without waiting, so it can't block other greenlets.
_original_select = patcher.original("select")

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

AT_ONCE = 256
"""Connections that are accepted before those that are open are served. They take 30 ms. If it were one at a time, a
reader would wait for a round of everybody's work behind each of a thousand silent connections."""


@dataclass(frozen=True)
class ConnectionLimits:
    """Numbers of connections, and times in seconds.

    `most`: open at once. `most_of_a_peer`: open at once from one peer; connections from the networks in `proxies` are
    not counted, since they come from many clients. `new_of_a_peer`: new ones from one peer, also if they are closed
    again; None: as many as it likes. `first_wait`: from a new connection to its first request.
    `idle_wait`: from one request to the next (0: the connection is closed after its first response). `head`: to send
    the request line and headers. `stall`: a pause within a body or in reading a response; a body may take as long, and
    a second more for each `slowest_body` bytes. `last_wait`: when the server stops, to the next request on a connection
    that is open.
    """

    most: int = 4000
    most_of_a_peer: int = 200
    new_of_a_peer: Budget | None = None
    proxies: tuple[Network, ...] = ()
    first_wait: float = 10.0
    idle_wait: float = 75.0
    head: float = 10.0
    stall: float = 30.0
    slowest_body: int = 4_000
    last_wait: float = 1.0


@dataclass(eq=False)
class Connection:
    """One open connection."""

    address: Any
    socket: socket.socket
    peer: str | None


class _Interrupted(Exception):
    """The server stops while it waits for a connection."""


class Connections:
    """The open connections of one listening socket, which a WSGI server accepts through it.

    A peer that connects too often is refused. Beyond the other limits the connection that has waited longest for a
    request is closed for the new one: of the same peer if that has too many, else of all. If none is waiting, the new
    one is refused.
    """

    def __init__(self, listener: socket.socket, limits: ConnectionLimits) -> None:
        self._listener = listener
        self._limits = limits
        self._open: dict[Any, Connection] = {}
        self._peers: defaultdict[str, set[Any]] = defaultdict(set)
        self._waiting: dict[Any, None] = {}
        """Those that wait for a request, longest first."""
        self._accepted_at_once = 0
        self._new = Limiter()
        self.stopping = False
        """Whether each connection is closed after the next response."""
        self._all_closed = Event()
        self._accepting: Any = None

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection within the limits. Raises `OSError` (`ESHUTDOWN`) when the server stops, once all that
        waited have been accepted, and the others have had the time for a last request."""
        while True:
            if self.stopping and not self._is_one_waiting():
                self._end()
            self._accepted_at_once += 1
            if self._accepted_at_once > AT_ONCE:
                # Whoever connects again and again would be accepted without a pause, and nobody be served meanwhile.
                self._accepted_at_once = 0
                eventlet.sleep(0)
            try:
                client, address = self._accept()
            except _Interrupted:
                continue
            except OSError as error:
                if error.errno not in _EXHAUSTED:
                    raise
                # Without a free file descriptor the listener would fail for good.
                log.warning("no connection can be accepted: %s", error.strerror)
                self._close_longest_waiting(self._waiting)
                eventlet.sleep(0.1)
                continue
            peer = self._peer(address)
            if self._admits(peer):
                self._open[address] = Connection(address, client, peer)
                self._waiting[address] = None
                if peer is not None:
                    self._peers[peer].add(address)
                return client, address
            client.close()

    def stop(self) -> None:
        """Let `accept` end."""
        self.stopping = True
        if self._accepting is not None:
            # eventlet tells nobody who waits on a socket that it was closed.
            eventlet.kill(self._accepting, _Interrupted)

    def _accept(self) -> tuple[socket.socket, Any]:
        self._accepting = greenlet.getcurrent()
        try:
            accepted: tuple[socket.socket, Any] = self._listener.accept()
            return accepted
        finally:
            self._accepting = None

    def _is_one_waiting(self) -> bool:
        """Whether a client has connected and is not accepted yet."""
        waiting = _original_select.poll()
        waiting.register(self._listener.fileno(), _original_select.POLLIN)
        return bool(waiting.poll(0))

    def _end(self) -> NoReturn:
        self._listener.close()
        if self._open:
            with eventlet.Timeout(self._limits.last_wait, False):
                self._all_closed.wait()
        raise OSError(errno.ESHUTDOWN, "the server stops")

    @property
    def family(self) -> int:
        """The listening socket's address family."""
        return self._listener.family

    def getsockname(self) -> Any:
        """The address that the socket listens on."""
        return self._listener.getsockname()

    def close(self) -> None:
        """Close the listening socket."""
        self._listener.close()

    def find(self, address: Any) -> Connection | None:
        """The open connection from this address; None if it has been closed already."""
        return self._open.get(address)

    def waits(self, connection: Connection) -> None:
        """Note that a connection waits for its next request from now on."""
        self._waiting.pop(connection.address, None)
        if self._open.get(connection.address) is connection:
            self._waiting[connection.address] = None

    def is_used(self, connection: Connection) -> None:
        """Note that a connection has a request."""
        self._waiting.pop(connection.address, None)

    def discard(self, address: Any) -> None:
        """Forget a connection that has ended."""
        ended = self._open.pop(address, None)
        self._waiting.pop(address, None)
        if ended is not None and ended.peer is not None:
            self._peers[ended.peer].discard(address)
            if not self._peers[ended.peer]:
                del self._peers[ended.peer]
        if self.stopping and not self._open and not self._all_closed.ready():
            self._all_closed.send()

    def _peer(self, address: Any) -> str | None:
        if not isinstance(address, tuple) or is_in(address[0], self._limits.proxies):
            return None
        return peer_key(address[0])

    def _admits(self, peer: str | None) -> bool:
        # It costs a third of what a connection costs that is accepted and then closed for the next one.
        if peer and self._limits.new_of_a_peer and self._new.spend(peer, 1, self._limits.new_of_a_peer):
            return False
        mine = self._peers.get(peer or "", ())
        if len(mine) >= self._limits.most_of_a_peer:
            return self._close_longest_waiting(mine)
        if len(self._open) >= self._limits.most:
            return self._close_longest_waiting(self._waiting)
        return True

    def _close_longest_waiting(self, among: Container[Any]) -> bool:
        """Close the one of these connections that has waited longest. Returns False if none is waiting."""
        longest = next((address for address in self._waiting if address in among), None)
        if longest is None:
            return False
        # Its greenlet reads an end of the stream, and ends.
        greenio.shutdown_safe(self._open[longest].socket)
        self.discard(longest)
        return True
