"""Serving HTTP with greenlets."""

from __future__ import annotations

import logging
import socket
from typing import Any

import eventlet
import eventlet.wsgi


def open_listener(host: str, port: int, backlog: int) -> socket.socket:
    """A listening socket. Raises `OSError` when the port is taken or not allowed."""
    # Without reuse_port=False two processes could share the port, each with half of the visitors.
    listener: socket.socket = eventlet.listen((host, port), backlog=backlog, reuse_port=False)
    # Without it every answer waits for the delayed acknowledgement of the one before (40 ms).
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class WsgiServer:
    """Serves one WSGI application on a listening socket, in the background.

    `connections` is how many may be open at once, `keep_alive` for how many seconds an idle one stays open (0: each is
    closed after its answer).
    """

    def __init__(
        self, listener: socket.socket, app: Any, connections: int = 1000, keep_alive: float = 0
    ) -> None:
        self._listener = listener
        self._thread = eventlet.spawn(
            eventlet.wsgi.server,
            listener,
            app,
            max_size=connections,
            keepalive=keep_alive > 0,
            socket_timeout=keep_alive or None,
            # Streams send small pieces that must not wait for more.
            minimum_chunk_size=1,
            # No access log: paths hold people's names.
            log_output=False,
            log=logging.getLogger("space.http"),
            debug=False,
        )

    def close(self) -> None:
        """Take no more connections; requests under way go on."""
        self._listener.close()

    def stop(self) -> None:
        """Serve no more."""
        self._thread.kill()
        self._listener.close()
