"""A TCP proxy whose link can be cut (no packet passes), reset, or lost (open connections pass nothing any more)."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress


class Link:
    """Forwards connections to the port `target` of this machine, except between `cut` and `mend`."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._open = threading.Event()
        self._open.set()
        self._subscriber = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._subscriber.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._lost: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Stop forwarding, also on new connections. No connection is closed."""
        self._open.clear()

    def mend(self) -> None:
        """Forward again, beginning with what has waited."""
        self._open.set()

    def break_off(self) -> None:
        """Reset every connection."""
        for one in self._forget_all():
            # With this, closing sends a reset; and the thread that reads closes it once it can't read any more.
            with suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RD)

    def lose(self) -> None:
        """Stop forwarding on the open connections for ever; new ones work."""
        self._lost.update(self._forget_all())

    def close(self) -> None:
        self._open.set()
        self._subscriber.close()
        self._sockets += self._lost
        self._lost.clear()
        self.break_off()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._subscriber.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        self._open.wait()
        try:
            far = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            near.close()
            return
        self._sockets += [near, far]
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._open.wait()
                if source not in self._lost:
                    sink.sendall(data)
        for one in (source, sink):
            reset = one.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) if one.fileno() >= 0 else b""
            if not any(reset):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _forget_all(self) -> list[socket.socket]:
        known, self._sockets = self._sockets, []
        return known
