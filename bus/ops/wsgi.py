"""An HTTP server for WSGI applications, with a greenlet for each connection."""

from __future__ import annotations

import logging
import socket
from functools import partial
from typing import Any

import eventlet
import eventlet.wsgi

from bus.ops.connections import ConnectionLimits, Connections
from bus.ops.http_protocol import HttpProtocol


def open_listener(host: str, port: int, backlog: int) -> socket.socket:
    """A listening socket. Raises `OSError` when the port is taken or not allowed."""
    # With reuse_port a second process could listen on the same port, and would get half of the connections.
    listener: socket.socket = eventlet.listen((host, port), backlog=backlog, reuse_port=False)
    # Without it each response waits for the delayed acknowledgement of the previous one (40 ms).
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class WsgiServer:
    """Serves one WSGI application on a listening socket, in the background."""

    def __init__(self, listener: socket.socket, app: Any, limits: ConnectionLimits) -> None:
        self._listener = listener
        self._connections = Connections(listener, limits)
        self._thread = eventlet.spawn(
            eventlet.wsgi.server,
            self._connections,
            app,
            # `Connections` keeps the limit. Here connections that are being closed count too.
            max_size=2 * limits.most,
            protocol=partial(HttpProtocol, connections=self._connections, limits=limits),
            keepalive=limits.idle_wait > 0,
            socket_timeout=limits.stall,
            # Event streams send small chunks that must not be held back.
            minimum_chunk_size=1,
            # No access log: paths contain people's names.
            log_output=False,
            log=logging.getLogger("space.http"),
            debug=False,
        )

    def finish(self, seconds: float) -> bool:
        """Accept no more connections, serve what has been asked for, and stop; after `seconds` at the latest.

        Returns whether every request was served.
        """
        self._connections.stop()
        try:
            with eventlet.Timeout(seconds):
                self._thread.wait()
        except eventlet.Timeout:
            self.stop()
            return False
        return True

    def stop(self) -> None:
        """Stop at once."""
        self._thread.kill()
        self._listener.close()
