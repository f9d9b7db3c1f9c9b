"""An HTTP server for WSGI applications, with a greenlet for each connection."""

from __future__ import annotations

import logging
import socket
from typing import Any

import eventlet
import eventlet.wsgi


def open_listener(host: str, port: int, backlog: int) -> socket.socket:
    """A listening socket. Raises `OSError` when the port is taken or not allowed."""
    # With reuse_port a second process could listen on the same port, and would get half of the connections.
    listener: socket.socket = eventlet.listen((host, port), backlog=backlog, reuse_port=False)
    # Without it each response waits for the delayed acknowledgement of the previous one (40 ms).
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class WsgiServer:
    """Serves one WSGI application on a listening socket, in the background.

    `connections` is how many may be open at once, `keep_alive` for how many seconds an idle one stays open (0: each is
    closed after its response).
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
            # Event streams send small chunks that must not be held back.
            minimum_chunk_size=1,
            # No access log: paths contain people's names.
            log_output=False,
            log=logging.getLogger("space.http"),
            debug=False,
        )

    def close(self) -> None:
        """Accept no more connections; open requests are still served."""
        self._listener.close()

    def stop(self) -> None:
        """Stop at once."""
        self._thread.kill()
        self._listener.close()
